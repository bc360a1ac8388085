import Interpreter
import Interventions

// The language gives path literals no meaning; these read them as selectors of tokens or as patterns of sites.

extension PathObject {
  /// Names that a site's path starts with; every other path selects tokens.
  private static let siteRoots: Set<String> = [
    "layers", "vision", "projector", "decoder", "embeddings", "norm", "logits",
  ]

  var namesSites: Bool { segments.first.map { Self.siteRoots.contains($0.name) } ?? false }

  /// The path as the steering library reads it.
  func steps() throws -> [PathStep] {
    try segments.map { segment in
      switch segment.suffix {
      case nil: PathStep(segment.name)
      case .index(let arguments)?: PathStep(segment.name, .index(try arguments.pathValues()))
      case .call(let arguments)?: PathStep(segment.name, .call(try arguments.pathValues()))
      }
    }
  }
}

extension Arguments {
  func pathValues() throws -> [PathValue] {
    try all.map { element in
      let value = try PathValue(element.value)
      return element.name.map { .named($0, value) } ?? value
    }
  }
}

extension PathValue {
  /// An evaluated index or argument of a path.
  init(_ value: Value) throws {
    switch value {
    case .int(let index): self = .integer(index)
    case .float(let number): self = .number(number)
    case .object(let object as StringObject): self = .text(object.text)
    case .object(let object as ListObject): self = .list(try object.elements.map { try PathValue($0) })
    case .object(let object as RecordObject): self = .list(try object.values.map { try PathValue($0) })
    case .object(let object as RangeObject):
      guard case .integers(let lower, let upper, let step) = object.bounds else {
        throw ScriptError(.badIndex, "a range in a path goes from one int to another, found \(object.rendered(.short))")
      }
      self = .range(IndexRange(lower, object.inclusive ? upper : upper - 1, by: step))
    case .object(is AllObject): self = .all
    case .object(is PathObject), .object(is TokensObject): self = .tokens(try TokenSelector(value))
    default: throw ScriptError(.badIndex, "a path cannot hold \(value.typePhrase)")
    }
  }
}

extension TokenSelector {
  /// A selector from what a script gives for tokens: a path such as `.image.first(4)`, or a sum of those.
  init(_ value: Value) throws {
    switch value {
    case .object(let object as TokensObject): self = object.selector
    case .object(let object as PathObject):
      guard !object.namesSites else {
        throw ScriptError(
          .badArgument, "`\(object.rendered(.short))` names sites, and tokens are wanted here, such as `.image`")
      }
      self = try TokenSelector(try object.steps())
    default: throw ScriptError(.badArgument, "tokens are a path such as `.image.first(4)`, found \(value.typePhrase)")
    }
  }
}

extension SitePattern {
  /// A pattern from what a script gives for sites: a path such as `.layers[*].output`, or a sum of those.
  init(_ value: Value) throws {
    switch value {
    case .object(let object as SitesObject): self = object.pattern
    case .object(let object as PathObject):
      guard object.namesSites || object.segments.count > 1 else {
        throw ScriptError(
          .badArgument,
          "`\(object.rendered(.short))` does not name a site; a site is a path such as `.layers[2].output`, "
            + "and `m.sites` shows all")
      }
      self = try SitePattern(try object.steps())
    case .object(let object as ListObject):
      let parts = try object.elements.map { try SitePattern($0) }
      guard let first = parts.first else { throw ScriptError(.badArgument, "the list of sites is empty") }
      self = parts.dropFirst().reduce(first, +)
    default: throw ScriptError(.badArgument, "a site is a path such as `.layers[2].output`, found \(value.typePhrase)")
    }
  }
}
