/// Turns what a pickle made into values.
///
/// Containers that are referred to several times are converted once and shared. What a reader would see is counted as if they
/// were written out each time, and bounded: a few bytes can refer to themselves more often than anybody could walk through.
struct PickleTree {
  private let nodes: [PickleNode]
  private var converted: [Int: (value: TorchValue, size: Int)] = [:]
  private var underWay: Set<Int> = []

  static let depthLimit = 64
  private static let sizeLimit = 1 << 22

  init(_ nodes: [PickleNode]) { self.nodes = nodes }

  mutating func value(_ item: PickleItem) throws -> TorchValue { try convert(item, depth: 0).value }

  private mutating func convert(_ item: PickleItem, depth: Int) throws -> (value: TorchValue, size: Int) {
    switch item {
    case .none: return (.none, 1)
    case .bool(let value): return (.bool(value), 1)
    case .integer(let value): return (.integer(value), 1)
    case .large: return (.constant(item.summary), 1)
    case .number(let value): return (.number(value), 1)
    case .string(let text): return (.string(text), 1)
    case .bytes(let bytes): return (.bytes(bytes), 1)
    case .global(let global): return (.constant(global.name), 1)
    case .storage: return (.constant(item.summary), 1)
    case .tensor(let tensor): return (.tensor(tensor), 1)
    case .node(let place): return try convert(place, depth: depth)
    }
  }

  private mutating func convert(_ place: Int, depth: Int) throws -> (value: TorchValue, size: Int) {
    if let known = converted[place] { return known }
    guard depth < Self.depthLimit else { throw TorchProblem.nested(limit: Self.depthLimit) }
    guard underWay.insert(place).inserted else { throw TorchProblem.circular }
    defer { underWay.remove(place) }
    var values: [TorchValue] = []
    values.reserveCapacity(nodes[place].items.count)
    var size = 1
    for item in nodes[place].items {
      let own = try convert(item, depth: depth + 1)
      values.append(own.value)
      size += own.size
      guard size <= Self.sizeLimit else {
        throw TorchProblem.malformed("its containers refer to each other too often", byte: 0)
      }
    }
    let value: TorchValue =
      switch nodes[place].kind {
      case .list: .list(values)
      case .tuple: .tuple(values)
      case .dictionary: .dictionary(Self.entries(values))
      }
    converted[place] = (value, size)
    return (value, size)
  }

  /// The last value of a key counts, in the place where the key came first, as in Python.
  private static func entries(_ values: [TorchValue]) -> [(key: TorchValue, value: TorchValue)] {
    var entries: [(key: TorchValue, value: TorchValue)] = []
    var places: [UTF8Key: Int] = [:]
    for index in stride(from: 0, to: values.count - 1, by: 2) {
      let (key, value) = (values[index], values[index + 1])
      guard case .string(let text) = key else {
        entries.append((key, value))
        continue
      }
      if let place = places[UTF8Key(text)] {
        entries[place].value = value
      } else {
        places[UTF8Key(text)] = entries.count
        entries.append((key, value))
      }
    }
    return entries
  }
}
