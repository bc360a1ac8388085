import Interpreter

/// Items that are made when they are asked for.
final class DataSetObject: HostObject {
  let name: String
  private let range: Range<Int>
  private let make: (Int) -> Value

  init(_ name: String, count: Int, make: @escaping (Int) -> Value) {
    self.name = name
    range = 0..<count
    self.make = make
  }

  private init(_ whole: DataSetObject, _ range: Range<Int>) {
    name = whole.name
    make = whole.make
    self.range = range
  }

  override var typeName: String { "data set" }
  override var count: Int? { range.count }

  override func element(at position: Int, in session: Session) throws -> Value { make(range.lowerBound + position) }

  /// A number gives an item, a range a part.
  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    guard arguments.count == 1, arguments[0].name == nil else {
      throw ScriptError(.badIndex, "a data set takes one unnamed index")
    }
    func checked(_ index: Int, upTo limit: Int) throws -> Int {
      let position = index < 0 ? index + range.count : index
      guard (0..<limit).contains(position) else {
        throw ScriptError(.indexOutOfRange, "index \(index) is outside the data set, which has \(range.count) items")
      }
      return position
    }
    switch arguments[0].value {
    case .int(let index): return try element(at: checked(index, upTo: range.count), in: session)
    case .object(let part as RangeObject):
      guard case .integers(let lower, let upper, 1) = part.bounds else {
        throw ScriptError(.badIndex, "a data set is indexed by ranges of ints without steps")
      }
      let first = try checked(lower, upTo: range.count + 1)
      let end = try checked(part.inclusive ? upper + 1 : upper, upTo: range.count + 1)
      return .object(self.part(first, max(first, end)))
    case let other:
      throw ScriptError(
        .badIndex, "a data set is indexed by an int or a range without steps, found \(other.typePhrase)")
    }
  }

  /// `take` and `drop` give a part without making any item.
  override func perform(_ native: String, _ call: NativeCall) throws -> Value? {
    switch native {
    case "take": .object(part(0, min(try call.int("count", atLeast: 0), range.count)))
    case "drop": .object(part(min(try call.int("count", atLeast: 0), range.count), range.count))
    case "first", "last":
      range.isEmpty ? nil : make(native == "first" ? range.lowerBound : range.upperBound - 1)
    case "len": .int(range.count)
    default: nil
    }
  }

  private func part(_ first: Int, _ end: Int) -> DataSetObject {
    DataSetObject(self, range.lowerBound + first..<range.lowerBound + end)
  }

  override func rendered(_ style: RenderingStyle) -> String { "\(name): \(range.count) items" }
}
