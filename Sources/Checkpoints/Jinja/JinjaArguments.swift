/// The evaluated arguments of a call, taken one parameter after the other.
struct JinjaArguments {
  var positional: ArraySlice<JinjaValue>
  var named: [(name: String, value: JinjaValue)]

  init(_ positional: [JinjaValue] = [], named: [(name: String, value: JinjaValue)] = []) {
    self.positional = positional[...]
    self.named = named
  }

  /// The next positional argument, or the one of this name; nil where neither is given.
  mutating func next(_ name: String) throws -> JinjaValue? {
    let place = named.firstIndex { $0.name == name }
    if let value = positional.popFirst() {
      guard place == nil else { throw TemplateFailure.operation("the argument \"\(name)\" is given twice") }
      return value
    }
    return place.map { named.remove(at: $0).value }
  }

  mutating func required(_ name: String) throws -> JinjaValue {
    guard let value = try next(name) else { throw TemplateFailure.operation("the argument \"\(name)\" is missing") }
    return value
  }

  mutating func integer(_ name: String, or fallback: Int) throws -> Int {
    guard let value = try next(name) else { return fallback }
    guard let integer = value.integer else {
      throw TemplateFailure.operation("the argument \"\(name)\" must be an integer, found \(value.kind)")
    }
    return integer
  }

  mutating func text(_ name: String) throws -> MarkedText? {
    guard let value = try next(name) else { return nil }
    if case .none = value { return nil }
    guard case .text(let text) = value else {
      throw TemplateFailure.operation("the argument \"\(name)\" must be a string, found \(value.kind)")
    }
    return text
  }

  mutating func requiredText(_ name: String) throws -> MarkedText {
    guard let text = try text(name) else {
      throw TemplateFailure.operation("the argument \"\(name)\" must be a string")
    }
    return text
  }

  mutating func flag(_ name: String, or fallback: Bool = false) throws -> Bool { try next(name)?.isTrue ?? fallback }

  /// - Throws: for arguments that nothing took.
  func finish() throws {
    if let name = named.first?.name { throw TemplateFailure.operation("there is no argument \"\(name)\"") }
    guard positional.isEmpty else {
      throw TemplateFailure.operation("\(positional.count) more arguments than there are parameters")
    }
  }
}
