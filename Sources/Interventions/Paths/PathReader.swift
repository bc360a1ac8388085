/// Reads selectors and site patterns from the text that they print as: what intervention files hold, and what Swift
/// callers write. Scripts do not come through here; they evaluate their own path literals.
struct PathReader {
  private let text: String
  private let scalars: [Unicode.Scalar]
  private var at = 0

  init(_ text: String) {
    self.text = text
    scalars = Array(text.unicodeScalars)
  }

  /// `.image.first(2) + .image.last(2)`
  static func selector(_ text: String) throws(InterventionError) -> TokenSelector {
    var reader = PathReader(text)
    let selector = try reader.sum(depth: 0)
    try reader.expectEnd()
    return selector
  }

  /// `layers[1..4].output + projector.output`: the steps of each alternative.
  static func alternatives(_ text: String) throws(InterventionError) -> [[PathStep]] {
    var reader = PathReader(text)
    var alternatives = [try reader.steps(depth: 0)]
    while reader.take("+") { alternatives.append(try reader.steps(depth: 0)) }
    try reader.expectEnd()
    return alternatives
  }

  private mutating func sum(depth: Int) throws(InterventionError) -> TokenSelector {
    guard depth < 32 else { throw fault("brackets are nested more than 32 deep") }
    var left = try operand(depth: depth)
    while true {
      if take("+") {
        left = .union(left, try operand(depth: depth))
      } else if take("-") {
        left = .difference(left, try operand(depth: depth))
      } else {
        return left
      }
    }
  }

  private mutating func operand(depth: Int) throws(InterventionError) -> TokenSelector {
    guard take("(") else { return try TokenSelector(try steps(depth: depth)) }
    var selector = try sum(depth: depth + 1)
    guard take(")") else { throw fault("`)` is missing") }
    while peek == "." || peek == "[" { selector = try selector.refining(try step(depth: depth)) }
    return selector
  }

  private mutating func steps(depth: Int) throws(InterventionError) -> [PathStep] {
    var steps = [try step(depth: depth, dotted: peek == ".")]
    while peek == "." || peek == "[" { steps.append(try step(depth: depth)) }
    return steps
  }

  private mutating func step(depth: Int, dotted: Bool = true) throws(InterventionError) -> PathStep {
    var name = ""
    if peek != "[" {
      if dotted, !take(".") { throw fault("a `.` is expected") }
      name = word()
      guard !name.isEmpty else { throw fault("a name is expected") }
    }
    if at < scalars.count, scalars[at] == "[" {
      at += 1
      return PathStep(name, .index(try values(until: "]", depth: depth)))
    }
    if at < scalars.count, scalars[at] == "(" {
      at += 1
      return PathStep(name, .call(try values(until: ")", depth: depth)))
    }
    return PathStep(name)
  }

  private mutating func values(until end: Unicode.Scalar, depth: Int) throws(InterventionError) -> [PathValue] {
    guard depth < 32 else { throw fault("brackets are nested more than 32 deep") }
    var values: [PathValue] = []
    if take(end) { return values }
    repeat { values.append(try value(depth: depth + 1)) } while take(",")
    guard take(end) else { throw fault("`\(end)` is missing") }
    return values
  }

  private mutating func value(depth: Int) throws(InterventionError) -> PathValue {
    switch peek {
    case "*":
      at += 1
      return .all
    case "\"": return .text(try string())
    case "[":
      at += 1
      return .list(try values(until: "]", depth: depth))
    case ".", "(": return .tokens(try sum(depth: depth))
    case let scalar? where scalar.properties.isAlphabetic:
      let name = word()
      guard take(":") else { throw fault("`:` is expected after `\(name)`") }
      return .named(name, try value(depth: depth))
    default:
      let first = try number()
      guard case .integer(let lower) = first, take(".") else { return first }
      guard take(".") else { throw fault("a range is written 1..4") }
      let exclusive = take("<")
      guard case .integer(let upper) = try number() else { throw fault("a range ends in an integer") }
      var step = 1
      if peek == "b", word() == "by" {
        guard case .integer(let stride) = try number(), stride > 0 else { throw fault("`by` needs a stride from 1") }
        step = stride
      }
      return .range(IndexRange(lower, exclusive ? upper - 1 : upper, by: step))
    }
  }

  private mutating func number() throws(InterventionError) -> PathValue {
    _ = peek
    let start = at
    while at < scalars.count {
      let scalar = scalars[at]
      let sign = scalar == "-" || scalar == "+"
      if sign, at > start, scalars[at - 1] != "e" { break }
      // `1..4`: the dots belong to the range.
      if scalar == ".", at + 1 < scalars.count, scalars[at + 1] == "." { break }
      guard ("0"..."9").contains(scalar) || scalar == "." || scalar == "e" || sign else { break }
      at += 1
    }
    var digits = ""
    digits.unicodeScalars.append(contentsOf: scalars[start..<at])
    if let integer = Int(digits), integer > Int.min / 2, integer < Int.max / 2 { return .integer(integer) }
    guard let value = Double(digits), value.isFinite else { throw fault("a number is expected") }
    return .number(value)
  }

  private mutating func string() throws(InterventionError) -> String {
    at += 1
    var out = ""
    while at < scalars.count {
      let scalar = scalars[at]
      at += 1
      if scalar == "\"" { return out }
      guard scalar == "\\", at < scalars.count else {
        out.unicodeScalars.append(scalar)
        continue
      }
      let escaped = scalars[at]
      at += 1
      out.unicodeScalars.append(escaped == "n" ? "\n" : escaped == "t" ? "\t" : escaped)
    }
    throw fault("a string is not closed")
  }

  private mutating func word() -> String {
    var name = ""
    while at < scalars.count, scalars[at].properties.isAlphabetic || scalars[at] == "_" || isDigit(scalars[at]) {
      name.unicodeScalars.append(scalars[at])
      at += 1
    }
    return name
  }

  private func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

  /// The next scalar that is not a space.
  private var peek: Unicode.Scalar? {
    mutating get {
      while at < scalars.count, scalars[at] == " " || scalars[at] == "\n" { at += 1 }
      return at < scalars.count ? scalars[at] : nil
    }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    at += 1
    return true
  }

  private mutating func expectEnd() throws(InterventionError) {
    if let scalar = peek { throw fault("`\(scalar)` is not expected here") }
  }

  private func fault(_ reason: String) -> InterventionError { .path(text, "\(reason), at character \(at + 1)") }
}

extension TokenSelector {
  /// Reads a selector from the text it prints as.
  public init(_ text: String) throws { self = try PathReader.selector(text) }
}
