/// Attributes, items and slices.
extension JinjaRun {
  static let textMethods: Set = [
    "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "index", "isalnum",
    "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper", "join",
    "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust",
    "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper",
    "zfill",
  ]
  static let dictionaryMethods: Set = ["copy", "get", "items", "keys", "values"]
  static let listMethods: Set = ["copy", "count", "index"]
  static let tupleMethods: Set = ["count", "index"]
  /// Methods that would change their value; the sandbox has none of them.
  private static let dictionaryChanges: Set = ["clear", "pop", "popitem", "setdefault", "update"]
  private static let listChanges: Set = ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"]

  func hasMethod(_ value: JinjaValue, _ name: String) -> Bool {
    switch value {
    case .text: Self.textMethods.contains(name)
    case .dictionary: Self.dictionaryMethods.contains(name)
    case .list: Self.listMethods.contains(name)
    case .tuple: Self.tupleMethods.contains(name)
    default: false
    }
  }

  /// `value.name`: an attribute first, then an item.
  func member(_ name: String, of value: JinjaValue) throws -> JinjaValue {
    if hasMethod(value, name) { return .function(.method(value, name)) }
    switch value {
    case .undefined(let what): throw TemplateFailure(.undefined(what))
    case .dictionary(let dictionary):
      if Self.dictionaryChanges.contains(name) { return refused(name) }
      return dictionary.value(name) ?? .undefined("the attribute \"\(name)\" of a dictionary")
    case .namespace(let namespace):
      return namespace.attributes.value(name) ?? .undefined("the attribute \"\(name)\" of a namespace")
    case .loop(let loop): return loop.attribute(name) ?? .undefined("the attribute \"\(name)\" of the loop")
    case .list where Self.listChanges.contains(name): return refused(name)
    default: return .undefined("the attribute \"\(name)\" of \(value.kind)")
    }
  }

  private func refused(_ name: String) -> JinjaValue {
    .undefined("the method \"\(name)\", which would change its value,")
  }

  /// `value[index]`: an item first, then an attribute.
  func item(_ index: JinjaValue, of value: JinjaValue) throws -> JinjaValue {
    switch value {
    case .undefined(let what): throw TemplateFailure(.undefined(what))
    case .dictionary(let dictionary):
      if let key = index.key, let found = dictionary.value(key) { return found }
    case .list(let list), .tuple(let list):
      if let place = position(index, list.elements.count) { return list.elements[place] }
    case .text(let text):
      if let place = position(index, text.count) { return .text(text[place..<place + 1]) }
    case .namespace, .loop:
      if case .text(let name) = index { return try member(name.string, of: value) }
    default: break
    }
    if case .text(let name) = index, hasMethod(value, name.string) { return .function(.method(value, name.string)) }
    let shown = (try? index.represented(budget).string) ?? index.kind
    return .undefined("the item \(shown) of \(value.kind)")
  }

  private func position(_ index: JinjaValue, _ count: Int) -> Int? {
    guard let index = index.integer, index >= -count, index < count else { return nil }
    return index < 0 ? index + count : index
  }

  func bound(_ node: JinjaNode?, _ scope: JinjaScope) throws -> Int? {
    guard let node else { return nil }
    let value = try evaluate(node, scope)
    if case .none = value { return nil }
    guard let integer = value.integer else {
      throw TemplateFailure(.operation("a slice takes integers, found \(value.kind)"), at: node.offset)
    }
    return integer
  }

  func slice(_ value: JinjaValue, _ start: Int?, _ stop: Int?, _ step: Int?) throws -> JinjaValue {
    let step = step ?? 1
    guard step != 0 else { throw TemplateFailure.operation("the step of a slice cannot be 0") }
    switch value {
    case .text(let text):
      try budget.spend(text.count)
      if step == 1 {
        let range = Self.range(start, stop, text.count)
        return .text(text[range])
      }
      return .text(text.picked(Self.places(start, stop, step, text.count)))
    case .list(let list), .tuple(let list):
      try budget.spend(list.elements.count)
      let part = JinjaList(Self.places(start, stop, step, list.elements.count).map { list.elements[$0] })
      if case .tuple = value { return .tuple(part) }
      return .list(part)
    case .undefined(let what): throw TemplateFailure(.undefined(what))
    default: return .undefined("a slice of \(value.kind)")
    }
  }

  private static func clamped(_ index: Int?, _ count: Int, or fallback: Int, _ limits: ClosedRange<Int>) -> Int {
    guard let index else { return fallback }
    let place = index < 0 ? index + count : index
    return min(max(place, limits.lowerBound), limits.upperBound)
  }

  private static func range(_ start: Int?, _ stop: Int?, _ count: Int) -> Range<Int> {
    let lower = clamped(start, count, or: 0, 0...count)
    return lower..<max(lower, clamped(stop, count, or: count, 0...count))
  }

  /// The places that a slice names, as Python counts them.
  private static func places(_ start: Int?, _ stop: Int?, _ step: Int, _ count: Int) -> [Int] {
    // Longer steps go out of the list as well.
    let step = min(max(step, -count - 1), count + 1)
    if step > 0 {
      let range = range(start, stop, count)
      return Array(stride(from: range.lowerBound, to: range.upperBound, by: step))
    }
    let first = clamped(start, count, or: count - 1, -1...max(count - 1, -1))
    let last = clamped(stop, count, or: -1, -1...max(count - 1, -1))
    return Array(stride(from: first, to: last, by: step))
  }
}
