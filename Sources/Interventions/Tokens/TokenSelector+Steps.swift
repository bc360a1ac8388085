import Models

extension TokenSelector {
  /// The names a selector can start with.
  public static let roots = [
    "all", "image", "text", "system", "template", "generated", "last", "cls", "prefix", "suffix", "word", "span",
    "first", "virtual",
  ]
  /// The names that refine a selector.
  public static let refinements = ["first", "last", "every", "spaced", "roi", "row", "column", "within"]

  /// Reads `.image.first(4)` from its steps.
  public init(_ steps: [PathStep]) throws(InterventionError) {
    let path = steps.map(\.source).joined()
    guard let root = steps.first else { throw .path(path, "it is empty") }
    var selector = try Self(root: root, path)
    for step in steps.dropFirst() { selector = try selector.refining(step, path) }
    self = selector
  }

  /// `.virtual(8)`, `.virtual(8, before: .image)`
  private init(adding values: [PathValue], _ path: String) throws(InterventionError) {
    let wrong = InterventionError.path(
      path, "`.virtual` takes a count of at least 1 and a place, for instance .virtual(8, after: .image)")
    guard case .integer(let count)? = values.first, count > 0, values.count < 3 else { throw wrong }
    let tokens: TokenSelector
    switch values.dropFirst().first {
    case nil:
      self = .added(count, .start)
      return
    case .named("before", .tokens(let place))?:
      self = .added(count, .before(place))
      tokens = place
    case .named("after", .tokens(let place))?:
      self = .added(count, .after(place))
      tokens = place
    default: throw wrong
    }
    guard !tokens.isVirtual, !tokens.reachesGenerated else {
      throw .path(path, "a place of virtual positions is said by the prompt's own tokens, not by `\(tokens)`")
    }
  }

  /// Applies one more step: `.first(4)`, `.roi(box)`, `[0..3]`.
  public func refining(_ step: PathStep) throws(InterventionError) -> Self {
    try refining(step, description + step.source)
  }

  private init(root: PathStep, _ path: String) throws(InterventionError) {
    // `.image(1)` is the second image; `.image[0..3]` its patches; other indices refine likewise.
    if case .index(let values) = root.suffix {
      let plain = try Self(root: PathStep(root.name), path)
      self = .refined(plain, .index(try IndexChoice(values, in: path)))
      return
    }
    let values = root.values
    func count() throws(InterventionError) -> Int { try integer(values, root.name, path) }
    switch root.name {
    case "all": self = .all
    case "image": self = values.isEmpty ? .image : .imageNumber(try count())
    case "text": self = .text
    case "system": self = .system
    case "template": self = .template
    case "generated": self = .generated
    case "cls": self = .cls
    case "virtual": self = values.isEmpty ? .virtual : try Self(adding: values, path)
    case "last": self = values.isEmpty ? .last : .refined(.all, .last(try count()))
    case "first": self = .refined(.all, .first(try count()))
    case "prefix": self = .prefix(try count())
    case "suffix": self = .suffix(try count())
    case "word":
      guard case .text(let word)? = values.first, values.count == 1, !word.isEmpty else {
        throw .path(path, "`.word` takes one string, for instance .word(\"cat\")")
      }
      self = .word(word)
    case "span":
      guard case .range(let range)? = values.first, values.count == 1, range.step == 1, range.lower >= 0,
        range.upper >= range.lower, range.upper < Int.max
      else { throw .path(path, "`.span` takes a range of characters, for instance .span(0..4)") }
      self = .span(range.lower..<range.upper + 1)
    default:
      throw .unknownStep(path: path, step: root.name, known: Self.roots)
    }
    if !["image", "last", "first", "prefix", "suffix", "word", "span", "virtual"].contains(root.name), !values.isEmpty {
      throw .path(path, "`.\(root.name)` takes nothing in brackets")
    }
  }

  private func refining(_ step: PathStep, _ path: String) throws(InterventionError) -> Self {
    let values = step.values
    switch step.name {
    case "": return .refined(self, .index(try IndexChoice(values, in: path)))
    case "first": return .refined(self, .first(try integer(values, step.name, path)))
    case "last": return .refined(self, .last(try integer(values, step.name, path)))
    case "every":
      let stride = try integer(values, step.name, path)
      guard stride > 0 else { throw .path(path, "`.every` needs a stride of at least 1") }
      return .refined(self, .every(stride))
    case "spaced": return .refined(self, .spaced(try integer(values, step.name, path)))
    case "row": return .refined(self, .rows(try IndexChoice(values, in: path)))
    case "column": return .refined(self, .columns(try IndexChoice(values, in: path)))
    case "roi": return try region(values, path)
    case "within":
      guard case .tokens(let other)? = values.first, values.count == 1 else {
        throw .path(path, "`.within` takes a token selector, for instance .word(\"cat\").within(.suffix(4))")
      }
      return .intersection(self, other)
    default:
      throw .unknownStep(path: path, step: step.name, known: Self.refinements)
    }
  }

  private func region(_ values: [PathValue], _ path: String) throws(InterventionError) -> Self {
    var share = 0.0
    var corners: [Double] = []
    for value in values {
      switch value {
      case .named("share", let amount):
        guard let amount = amount.number, (0...1).contains(amount) else {
          throw .path(path, "`share` is a number from 0 to 1")
        }
        share = amount
      case .list(let items): corners += items.compactMap(\.number)
      default: corners += [value.number].compactMap { $0 }
      }
    }
    if values.allSatisfy(\.isShare) { return roi(share: share) }
    guard corners.count == 4, corners[0] < corners[2], corners[1] < corners[3] else {
      throw .path(path, "`.roi` takes a box of four pixel coordinates [x0, y0, x1, y1] with x0 < x1 and y0 < y1")
    }
    return roi(PixelBox(x0: corners[0], y0: corners[1], x1: corners[2], y1: corners[3]), share: share)
  }
}

private func integer(_ values: [PathValue], _ name: String, _ path: String) throws(InterventionError) -> Int {
  guard values.count == 1, case .integer(let count)? = values.first, count >= 0 else {
    throw .path(path, "`.\(name)` takes one count, for instance .\(name)(4)")
  }
  return count
}

extension PathStep {
  /// What stands in the brackets, whichever they are.
  var values: [PathValue] {
    switch suffix {
    case .none: []
    case .index(let values), .call(let values): values
    }
  }

  /// The step as a script writes it.
  public var source: String {
    let dot = name.isEmpty ? "" : "." + name
    return switch suffix {
    case .none: dot
    case .index(let values): dot + "[" + values.map(\.source).joined(separator: ", ") + "]"
    case .call(let values): dot + "(" + values.map(\.source).joined(separator: ", ") + ")"
    }
  }
}

extension PathValue {
  fileprivate var isShare: Bool { if case .named("share", _) = self { true } else { false } }

  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value.isFinite ? value : nil
    default: nil
    }
  }

  public var source: String {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): numberText(value)
    case .text(let text): sourceLiteral(text)
    case .all: "*"
    case .range(let range): range.description
    case .list(let values): "[" + values.map(\.source).joined(separator: ", ") + "]"
    case .tokens(let selector): selector.description
    case .named(let name, let value): "\(name): \(value.source)"
    }
  }
}
