/// Puts the entries of a column's leaves together again: the record-assembly of the Dremel paper (Melnik et al. 2010, section 4.3),
/// one row at a time.
struct RowAssembly {
  private let firstLeaf: Int
  private let entries: [LeafEntries]
  private var next: [Int]

  /// The value of a column in a row whose leaves have these entries.
  ///
  /// - Throws: `PageDamage` when the leaves do not agree on where lists end.
  static func value(of column: ParquetNode, _ entries: [LeafEntries]) throws -> ParquetValue {
    var assembly = RowAssembly(
      firstLeaf: column.leaves.lowerBound, entries: entries, next: Array(repeating: 0, count: entries.count))
    let value = try assembly.read(column)
    guard zip(assembly.next, entries).allSatisfy({ $0 == $1.count }) else { throw Self.disagreement }
    return value
  }

  private static let disagreement = PageDamage("its parts do not agree on where lists end")

  private mutating func read(_ node: ParquetNode) throws -> ParquetValue {
    let first = node.leaves.lowerBound - firstLeaf
    if node.isOptional, try definition(first) < node.definition {
      try pass(node)
      return .null
    }
    switch node.kind {
    case .leaf:
      guard next[first] < entries[first].count else { throw Self.disagreement }
      defer { next[first] += 1 }
      return entries[first].values[next[first]]
    case .record(let fields): return .record(try fields.map { ($0.name, try read($0)) })
    case .list(let element, let definition, let repetition):
      guard try self.definition(first) >= definition else {
        try pass(node)
        return .list([])
      }
      var elements: [ParquetValue] = []
      repeat { elements.append(try read(element)) } while isNext(first, repetition)
      return .list(elements)
    }
  }

  private func definition(_ leaf: Int) throws -> Int {
    guard next[leaf] < entries[leaf].count else { throw Self.disagreement }
    return entries[leaf].definitions[next[leaf]]
  }

  private func isNext(_ leaf: Int, _ repetition: Int) -> Bool {
    next[leaf] < entries[leaf].count && entries[leaf].repetitions[next[leaf]] == repetition
  }

  /// One entry of each leaf stands for what is not there.
  private mutating func pass(_ node: ParquetNode) throws {
    for leaf in node.leaves {
      guard next[leaf - firstLeaf] < entries[leaf - firstLeaf].count else { throw Self.disagreement }
      next[leaf - firstLeaf] += 1
    }
  }
}
