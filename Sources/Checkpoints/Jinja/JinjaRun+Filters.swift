/// A filter: what it makes of a value.
typealias JinjaFilter = @Sendable (JinjaRun, JinjaValue, inout JinjaArguments) throws -> JinjaValue

extension JinjaRun {
  /// Those of Jinja that chat templates have a use for, with transformers' own `tojson`.
  static let filters: [String: JinjaFilter] = textFilters.merging(sequenceFilters) { first, _ in first }
    .merging(selectingFilters) { first, _ in first }.merging(valueFilters) { first, _ in first }

  static let filterNames = Set(filters.keys)

  func filter(_ name: String, _ value: JinjaValue, _ given: JinjaArguments) throws -> JinjaValue {
    guard let filter = Self.filters[name] else {
      throw TemplateFailure(.unsupported("the filter \"\(name)\"", read: Self.filterNames.sorted()))
    }
    var arguments = given
    do {
      let result = try filter(self, value, &arguments)
      try arguments.finish()
      return result
    } catch let failure as TemplateFailure {
      guard case .operation(let problem) = failure.kind, failure.offset == nil else { throw failure }
      throw TemplateFailure.operation("the filter \"\(name)\": \(problem)")
    }
  }

  private static let valueFilters: [String: JinjaFilter] = [
    "abs": { run, value, _ in
      if case .float(let number) = value { return .float(number.magnitude) }
      guard let integer = value.integer else { throw TemplateFailure.operation("takes a number, found \(value.kind)") }
      return integer < 0 ? try run.signed(value, true) : .integer(integer)
    },
    "attr": { run, value, arguments in
      let name = try arguments.requiredText("name").string
      if case .dictionary = value, !dictionaryMethods.contains(name) {
        return .undefined("the attribute \"\(name)\" of a dictionary")
      }
      return try run.member(name, of: value)
    },
    "d": fallback,
    "default": fallback,
    "float": { _, value, arguments in
      let fallback = try arguments.next("default") ?? .float(0)
      if case .text(let text) = value { return number(text).map { .float($0) } ?? fallback }
      if case .undefined(let name) = value { throw TemplateFailure(.undefined(name)) }
      return value.number.map { .float($0) } ?? fallback
    },
    "int": { _, value, arguments in
      let fallback = try arguments.next("default") ?? .integer(0)
      let base = try arguments.integer("base", or: 10)
      guard (2...36).contains(base) else { throw TemplateFailure.operation("the base must be from 2 to 36") }
      switch value {
      case .undefined(let name): throw TemplateFailure(.undefined(name))
      case .text(let text):
        let digits = text.stripped().string.replacing("_", with: "")
        if let integer = Int(digits, radix: base) { return .integer(integer) }
        return number(text).flatMap { Int(exactly: $0.rounded(.towardZero)) }.map { .integer($0) } ?? fallback
      case .float(let number): return Int(exactly: number.rounded(.towardZero)).map { .integer($0) } ?? fallback
      default: return value.integer.map { .integer($0) } ?? fallback
      }
    },
    "round": { _, value, arguments in
      let precision = try arguments.integer("precision", or: 0)
      let method = try arguments.text("method")?.string ?? "common"
      guard let number = value.number else { throw TemplateFailure.operation("takes a number, found \(value.kind)") }
      guard ["common", "ceil", "floor"].contains(method) else {
        throw TemplateFailure.operation("the method must be common, ceil or floor, found \(method)")
      }
      if method == "common" {
        if value.integer != nil, precision >= 0 { return value }
        // By the digits that the number has, ties to even, as Python rounds.
        guard precision >= 0, number.isFinite else { return .float((number * 1).rounded(.toNearestOrEven)) }
        return .float(Double(number.formatted("f", precision)) ?? number)
      }
      let unit = [1.0, 10, 100, 1e3, 1e4, 1e5, 1e6][min(max(precision, 0), 6)]
      return .float((number * unit).rounded(method == "ceil" ? .up : .down) / unit)
    },
    "tojson": { run, value, arguments in
      let isASCII = try arguments.flag("ensure_ascii")
      let indent = try arguments.next("indent") ?? .none
      let separators = try arguments.next("separators") ?? .none
      let sorts = try arguments.flag("sort_keys")
      var writer = try JinjaJSON(run.budget, isASCII: isASCII, indent: indent, separators: separators, sorts: sorts)
      try writer.write(value)
      return .text(writer.text)
    },
  ]

  private static let fallback: JinjaFilter = { _, value, arguments in
    let fallback = try arguments.next("default_value") ?? .text("")
    let isAny = try arguments.flag("boolean")
    return value.isUndefined || (isAny && !value.isTrue) ? fallback : value
  }

  /// A decimal number as Python's `float` reads it.
  private static func number(_ text: MarkedText) -> Double? {
    let digits = text.stripped().string
    guard digits.allSatisfy({ $0.isASCII && !"xXpP".contains($0) }) else { return nil }
    return Double(digits.replacing("_", with: ""))
  }
}
