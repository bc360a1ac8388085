/// Which pairs of tokens join, to what, and how early.
struct MergeTable: Sendable {
  private struct Entry {
    var left: Int32 = -1
    var right: Int32 = -1
    var rank: UInt32 = 0
    var id: Int32 = 0
  }

  private var entries: [Entry]
  private var mask: Int
  private(set) var count = 0
  static let none = UInt32.max

  init(expecting merges: Int) {
    var capacity = 16
    while capacity < merges * 2 { capacity *= 2 }
    entries = [Entry](repeating: Entry(), count: capacity)
    mask = capacity - 1
  }

  @inline(__always)
  private static func hash(_ left: Int32, _ right: Int32) -> Int {
    let key = UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    return Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 24)
  }

  /// Sets what a pair becomes; of merges given twice the last one holds.
  mutating func insert(_ left: Int32, _ right: Int32, rank: UInt32, id: Int32) {
    if (count + 1) * 2 > entries.count {
      let before = entries
      entries = [Entry](repeating: Entry(), count: before.count * 2)
      mask = entries.count - 1
      count = 0
      for entry in before where entry.left >= 0 { insert(entry.left, entry.right, rank: entry.rank, id: entry.id) }
    }
    var place = Self.hash(left, right) & mask
    while entries[place].left >= 0, entries[place].left != left || entries[place].right != right {
      place = (place + 1) & mask
    }
    if entries[place].left < 0 { count += 1 }
    entries[place] = Entry(left: left, right: right, rank: rank, id: id)
  }

  /// The rank of a pair and what it becomes; `none` where it does not join.
  @inline(__always)
  func find(_ left: Int32, _ right: Int32) -> (rank: UInt32, id: Int32) {
    entries.withUnsafeBufferPointer { entries in
      var place = Self.hash(left, right) & mask
      while true {
        let entry = entries[place]
        if entry.left == left, entry.right == right { return (entry.rank, entry.id) }
        if entry.left < 0 { return (Self.none, -1) }
        place = (place + 1) & mask
      }
    }
  }

  /// Whether any pair begins or ends with a token of this set.
  func involves(_ ids: Set<Int32>) -> Bool {
    entries.contains { $0.left >= 0 && (ids.contains($0.left) || ids.contains($0.right)) }
  }
}
