import Syntax

/// An evaluated path literal: `.layers[1..4].output`, `.image.first(4)`.
///
/// The language gives it no meaning: the host resolves it against a model or a prompt. A member, index or call on a path
/// makes a longer path, so that `let block = .layers[4]` and `block.output` work.
public final class PathObject: Container {
  public struct Segment {
    public enum Suffix {
      case index(Arguments)
      case call(Arguments)
    }

    public let name: String
    public let suffix: Suffix?

    public init(_ name: String, _ suffix: Suffix? = nil) {
      self.name = name
      self.suffix = suffix
    }
  }

  public private(set) var segments: [Segment]

  public init(_ segments: [Segment]) {
    self.segments = segments
    super.init(kind: .path)
  }

  deinit { dismantle() }

  override func surrender(into pending: inout [Container]) {
    for segment in segments {
      guard let arguments = segment.arguments else { continue }
      for argument in arguments.all {
        if case .object(let object) = argument.value, let container = object as? Container { pending.append(container) }
      }
    }
    segments = []
  }

  public override var typeName: String { "path" }

  public override func member(_ name: String, in session: Session) throws -> Value? {
    .object(PathObject(segments + [Segment(name)]))
  }

  public override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    try extended(with: .index(arguments), verb: "indexed")
  }

  public override var isCallable: Bool { true }

  public override func call(_ arguments: Arguments, in session: Session) throws -> Value {
    try extended(with: .call(arguments), verb: "called")
  }

  private func extended(with suffix: Segment.Suffix, verb: String) throws -> Value {
    guard let last = segments.last, last.suffix == nil else {
      throw ScriptError(.badIndex, "the path \(rendered(.short)) cannot be \(verb) here")
    }
    return .object(PathObject(segments.dropLast() + [Segment(last.name, suffix)]))
  }

  override func pairs(with other: Container) -> [(Value, Value)]? {
    guard let other = other as? PathObject, segments.count == other.segments.count else { return nil }
    var pairs: [(Value, Value)] = []
    for (mine, theirs) in zip(segments, other.segments) {
      guard mine.name == theirs.name, mine.isCall == theirs.isCall else { return nil }
      let (a, b) = (mine.arguments?.all, theirs.arguments?.all)
      guard (a == nil) == (b == nil), a?.map(\.name) == b?.map(\.name) else { return nil }
      pairs += zip(a ?? [], b ?? []).map { ($0.value, $1.value) }
    }
    return pairs
  }

  public override func rendered(_ style: RenderingStyle) -> String {
    segments.map { segment in
      switch segment.suffix {
      case nil: ".\(segment.name)"
      case .index(let arguments)?: ".\(segment.name)[\(Renderer(style).arguments(arguments))]"
      case .call(let arguments)?: ".\(segment.name)(\(Renderer(style).arguments(arguments)))"
      }
    }.joined()
  }
}

extension PathObject.Segment {
  /// The evaluated arguments of the index or call, if there is one.
  public var arguments: Arguments? {
    switch suffix {
    case .index(let arguments)?, .call(let arguments)?: arguments
    case nil: nil
    }
  }

  fileprivate var isCall: Bool {
    if case .call? = suffix { true } else { false }
  }
}
