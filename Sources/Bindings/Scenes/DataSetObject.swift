import Interpreter

/// Items that are made when they are asked for.
class DataSetObject: HostObject {
  let name: String
  /// The items of the whole that this part has; up to `Int.max` where there is no end.
  var range: Range<Int> { bounds }
  private let bounds: Range<Int>
  let make: (Int) throws -> Value
  /// The same for all parts of a data set: with an item's number it says which item it is.
  let root: Root

  final class Root {}

  /// - Parameter count: nil for items without end.
  init(_ name: String, count: Int?, make: @escaping (Int) throws -> Value) {
    self.name = name
    bounds = 0..<(count ?? .max)
    self.make = make
    root = Root()
  }

  init(_ whole: DataSetObject, _ range: Range<Int>) {
    name = whole.name
    make = whole.make
    root = whole.root
    bounds = range
  }

  /// Whether item after item can be asked for.
  var isEndless: Bool { range.upperBound == .max }

  override var typeName: String { isEndless ? "endless data set" : "data set" }
  override var count: Int? { isEndless ? nil : range.count }

  override func element(at position: Int, in session: Session) throws -> Value {
    try make(range.lowerBound + position)
  }

  /// `conflicts.test.answer` is the list of the items' answers, where the first item has one.
  override func member(_ name: String, in session: Session) throws -> Value? {
    guard let count, count > 0, try element(at: 0, in: session).object?.member(name, in: session) != nil else {
      return nil
    }
    return .list(
      try (0..<count).map { position in
        guard let value = try element(at: position, in: session).object?.member(name, in: session) else {
          throw ScriptError(.unknownMember, "item \(position) has no field `\(name)`; the first item has one")
        }
        return value
      })
  }

  /// A number gives an item, a range a part.
  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    guard arguments.count == 1, arguments[0].name == nil else {
      throw ScriptError(.badIndex, "a data set takes one unnamed index")
    }
    switch arguments[0].value {
    case .int(let index): return try element(at: checked(index, upTo: range.count), in: session)
    case .object(let part as RangeObject):
      guard case .integers(let lower, let upper, 1) = part.bounds else {
        throw ScriptError(.badIndex, "a data set is indexed by ranges of ints without steps")
      }
      let limit = isEndless ? range.count : range.count + 1
      let first = try checked(lower, upTo: limit)
      let end = try checked(part.inclusive ? upper + 1 : upper, upTo: limit)
      return .object(self.part(first, max(first, end)))
    case let other:
      throw ScriptError(
        .badIndex, "a data set is indexed by an int or a range without steps, found \(other.typePhrase)")
    }
  }

  private func checked(_ index: Int, upTo limit: Int) throws -> Int {
    if isEndless, index < 0 {
      throw ScriptError(.indexOutOfRange, "index \(index) counts from an end that is not there")
    }
    let position = index < 0 ? index + range.count : index
    guard (0..<limit).contains(position) else {
      throw ScriptError(.indexOutOfRange, "index \(index) is outside the data set, which has \(range.count) items")
    }
    return position
  }

  /// `take` and `drop` give a part without making any item.
  override func perform(_ native: String, _ call: NativeCall) throws -> Value? {
    switch native {
    case "take": return .object(part(0, min(try call.int("count", atLeast: 0), range.count)))
    case "drop": return .object(part(min(try call.int("count", atLeast: 0), range.count), range.count))
    case "first": return range.isEmpty ? nil : try make(range.lowerBound)
    case "last" where !isEndless: return range.isEmpty ? nil : try make(range.upperBound - 1)
    case "len" where !isEndless: return .int(range.count)
    case "shuffle" where !isEndless, "split" where !isEndless, "batch" where !isEndless:
      return try LazyDataObject(name, SetStage(self, call.session)).perform(native, call)
    case let name where isEndless && Self.needsAnEnd.contains(name):
      throw call.wrongValue(call.signature.parameters[0].name, "has no end; take some of it, such as `take(1000)`")
    default: return nil
    }
  }

  private static let needsAnEnd: Set = [
    "all", "any", "batch", "contains", "enumerate", "filter", "last", "len", "list", "map", "max", "mean", "min",
    "reduce",
    "reverse", "shuffle", "sort", "split", "sum", "unique",
  ]

  /// The items from `first` up to, but not including, `end`, both counted in this part.
  final func part(_ first: Int, _ end: Int) -> DataSetObject {
    part(range.lowerBound + first..<(end == range.count ? range.upperBound : range.lowerBound + end))
  }

  /// The part of the whole in a range.
  func part(_ range: Range<Int>) -> DataSetObject { DataSetObject(self, range) }

  override func rendered(_ style: RenderingStyle) -> String {
    isEndless ? "\(name): items without end" : "\(name): \(range.count) items"
  }
}
