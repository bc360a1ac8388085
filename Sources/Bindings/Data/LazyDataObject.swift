import Interpreter
import Tensors

/// A data set that is read from a file, and what `map`, `filter` and their like make of one: items come when they are asked
/// for, and none is kept.
final class LazyDataObject: DataSetObject {
  let stage: any DataStage

  init(_ name: String, _ stage: any DataStage) {
    self.stage = stage
    super.init(name, count: 0) { _ in .null }
  }

  override var range: Range<Int> { 0..<stage.count }
  override var isEndless: Bool { false }

  override func element(at position: Int, in session: Session) throws -> Value {
    guard let item = try stage.item(at: position) else {
      throw ScriptError(.indexOutOfRange, "index \(position) is outside the data set, which has \(stage.count) items")
    }
    return item
  }

  /// An item from the front needs no count.
  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    guard arguments.count == 1, arguments[0].name == nil, case .int(let position) = arguments[0].value, position >= 0,
      let item = try stage.item(at: position)
    else { return try super.index(arguments, in: session) }
    return item
  }

  override func part(_ range: Range<Int>) -> DataSetObject {
    LazyDataObject(name, PartStage(stage, range.lowerBound, range.upperBound))
  }

  override func perform(_ native: String, _ call: NativeCall) throws -> Value? {
    switch native {
    case "map": return .object(LazyDataObject(name, MapStage(stage, try call.function("f"), call.session)))
    case "filter":
      let function = try call.function("f")
      return .object(
        LazyDataObject(name, FilterStage(stage, call.session) { try call.holds(function, $0) }))
    case "take": return .object(LazyDataObject(name, PartStage(stage, 0, try call.int("count", atLeast: 0))))
    case "drop": return .object(LazyDataObject(name, PartStage(stage, try call.int("count", atLeast: 0))))
    case "first":
      guard let item = try stage.item(at: 0) else { throw call.wrongValue("values", "is empty") }
      return item
    case "last":
      let count = stage.count
      guard count > 0, let item = try stage.item(at: count - 1) else { throw call.wrongValue("values", "is empty") }
      return item
    case "batch": return .object(LazyDataObject(name, BatchStage(stage, try call.int("count", atLeast: 1))))
    case "shuffle": return .object(LazyDataObject(name, try shuffled(seed: call.int("seed"))))
    case "split": return try split(call)
    default: return try super.perform(native, call)
    }
  }

  private func shuffled(seed: Int) throws -> any DataStage {
    OrderStage(stage, try DataOrder.shuffled(stage.count, seed: seed))
  }

  /// `split(d, 0.8, seed: 1)`: parts by shares, in order or drawn.
  private func split(_ call: NativeCall) throws -> Value {
    let parts = try DataOrder.parts(of: stage.count, call)
    let source = call.value("seed").isNull ? stage : try shuffled(seed: call.int("seed"))
    return .list(parts.map { .object(LazyDataObject(name, PartStage(source, $0.lowerBound, $0.upperBound))) })
  }

  override func rendered(_ style: RenderingStyle) -> String {
    stage.knowsCount
      ? "\(name): \(stage.count) \(stage.count == 1 ? "item" : "items")"
      : "\(name): items, chosen as they are asked for"
  }
}

enum DataOrder {
  /// 0, 1, … in an order that depends on the seed and the count alone.
  static func shuffled(_ count: Int, seed: Int) throws -> [Int] {
    let key = RandomKey(seed: UInt64(bitPattern: Int64(seed))).fold("shuffle")
    return try key.permutation(Axis("item", count)).integers()
  }

  /// The parts that a call of `split` asks for, by the share of one and the rest, or by the shares of all.
  static func parts(of count: Int, _ call: NativeCall) throws -> [Range<Int>] {
    let value = call.value("separator")
    let shares =
      try value.doubleValue.map { [$0, 1 - $0] }
      ?? value.listElements?.map { element in
        guard let share = element.doubleValue else { throw call.wrongValue("separator", "must hold numbers") }
        return share
      }
    let expected = "a share such as 0.8, or a list of shares, to split a data set by"
    guard let shares else { throw call.wrongType("separator", expected: expected) }
    let sum = shares.reduce(0, +)
    guard shares.count > 1, shares.allSatisfy({ $0 >= 0 && $0.isFinite }), sum > 0, sum.isFinite else {
      throw call.wrongValue("separator", "must be \(expected), found \(value.rendered(.short))")
    }
    var (reached, start) = (0.0, 0)
    return shares.map { share in
      reached += share
      let end = max(start, min(Int((Double(count) * reached / sum).rounded()), count))
      defer { start = end }
      return start..<end
    }
  }
}
