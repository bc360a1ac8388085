/// Tokens by their beginnings: a double array.
///
/// Walking it is waiting for memory, so it is small. A node is a place; where it has a base, its child with a byte is at
/// `base ^ byte`, if the byte there says so: no two nodes have the same base, so one that is there is its own.
struct TokenTrie: Sendable {
  /// By place: the base of the node's children, and in the lowest bit whether a token ends at it.
  private var nodes: [UInt32] = []
  /// The byte that leads to a place.
  private var labels: [UInt8] = []
  /// The token that ends at a place.
  private var tokens: [Int32] = []

  /// How many bytes tokens may have together: there may be a node for each, and bases have 31 bits.
  private static let largestContent = 1 << 27 - 1

  /// - Parameter bytes: what the tokens take, or the file that they are read from.
  static func check(_ bytes: Int, file name: String) throws {
    guard bytes <= largestContent else {
      throw CheckpointError(name, .tokenizer(.vocabularyTooLarge(bytes: bytes, limit: largestContent)))
    }
  }

  init(_ vocabulary: Vocabulary) { self.init(vocabulary.ids.lazy.map { (vocabulary.bytes(of: $0), Int32($0)) }) }

  /// Of equal tokens the last one holds. An empty token is none.
  init(_ list: some Sequence<(bytes: [UInt8], id: Int32)>) {
    var content: [UInt8] = []
    var entries: [Entry] = []
    for (bytes, id) in list where !bytes.isEmpty {
      entries.append(Entry(start: content.count, end: content.count + bytes.count, id: id))
      content += bytes
    }
    content.withUnsafeBufferPointer { build(&entries, $0) }
  }

  /// What walks: it holds on to no memory, which would have to be counted at every step.
  struct Walker {
    fileprivate let nodes: UnsafeBufferPointer<UInt32>
    fileprivate let labels: UnsafeBufferPointer<UInt8>
    fileprivate let tokens: UnsafeBufferPointer<Int32>

    /// Calls `body` with each token that the text goes on with at `start`, and where it ends: the shortest first.
    @inline(__always)
    func forEachToken(in text: UnsafeBufferPointer<UInt8>, from start: Int, _ body: (_ id: Int32, _ end: Int) -> Void) {
      var base = Int(nodes[0] >> 1)
      var next = start
      while next < text.count {
        let place = base ^ Int(text[next])
        if labels[place] != text[next] { break }
        next += 1
        let node = nodes[place]
        if node & 1 != 0 { body(tokens[place], next) }
        base = Int(node >> 1)
      }
    }
  }

  /// Lends what walks it.
  @inline(__always)
  func withWalker<Result>(_ body: (Walker) throws -> Result) rethrows -> Result {
    try nodes.withUnsafeBufferPointer { nodes in
      try labels.withUnsafeBufferPointer { labels in
        try tokens.withUnsafeBufferPointer { try body(Walker(nodes: nodes, labels: labels, tokens: $0)) }
      }
    }
  }

  // MARK: - Building

  /// A token on its way in: where its bytes lie.
  private struct Entry {
    let start: Int
    let end: Int
    let id: Int32

    /// One more than the byte at a depth; 0 where the token has ended.
    @inline(__always)
    func key(_ depth: Int, _ content: UnsafeBufferPointer<UInt8>) -> Int {
      start + depth < end ? Int(content[start + depth]) + 1 : 0
    }
  }

  /// A node on its way in: where it is, how many bytes lead to it, and the entries that begin with them.
  private struct Pending {
    let place: Int
    let depth: Int
    let range: Range<Int>
  }

  /// Gives nodes their places, those with few bytes before them first: they are walked most, and so lie together.
  private mutating func build(_ entries: inout [Entry], _ content: UnsafeBufferPointer<UInt8>) {
    var places = Places()
    var spare = entries
    var queue = [Pending(place: places.root, depth: 0, range: entries.indices)]
    var done = 0
    var children: [(byte: UInt8, range: Range<Int>)] = []
    grow(to: places.count)
    while done < queue.count {
      let node = queue[done]
      done += 1
      Self.sort(&entries, node.range, by: node.depth, content, &spare)
      children.removeAll(keepingCapacity: true)
      var next = node.range.lowerBound
      while next < node.range.upperBound {
        let key = entries[next].key(node.depth, content)
        var end = next + 1
        while end < node.range.upperBound, entries[end].key(node.depth, content) == key { end += 1 }
        if key == 0 {
          tokens[node.place] = entries[end - 1].id
          nodes[node.place] |= 1
        } else {
          children.append((UInt8(key - 1), next..<end))
        }
        next = end
      }
      if children.isEmpty { continue }
      let base = places.take(children.lazy.map(\.byte))
      grow(to: places.count)
      nodes[node.place] |= UInt32(base) << 1
      for child in children {
        let place = base ^ Int(child.byte)
        labels[place] = child.byte
        queue.append(Pending(place: place, depth: node.depth + 1, range: child.range))
      }
    }
  }

  /// Adds free places. What the label of one says would lead to it from a base that is nobody's.
  private mutating func grow(to count: Int) {
    for place in labels.count..<count {
      labels.append(UInt8(truncatingIfNeeded: place ^ Places.nobodys))
      nodes.append(0)
      tokens.append(-1)
    }
  }

  /// Sorts entries by the byte at a depth; those with the same stay in their order.
  private static func sort(
    _ entries: inout [Entry], _ range: Range<Int>, by depth: Int, _ content: UnsafeBufferPointer<UInt8>,
    _ spare: inout [Entry]
  ) {
    if range.count < 24 {
      for i in range.dropFirst() {
        let entry = entries[i]
        let key = entry.key(depth, content)
        var place = i
        while place > range.lowerBound, entries[place - 1].key(depth, content) > key {
          entries[place] = entries[place - 1]
          place -= 1
        }
        entries[place] = entry
      }
      return
    }
    var starts = [Int](repeating: 0, count: 258)
    for i in range { starts[entries[i].key(depth, content) + 1] += 1 }
    starts[0] = range.lowerBound
    for key in 1..<starts.count { starts[key] += starts[key - 1] }
    for i in range {
      let key = entries[i].key(depth, content)
      spare[starts[key]] = entries[i]
      starts[key] += 1
    }
    for i in range { entries[i] = spare[i] }
  }

  /// Which places and bases are taken.
  private struct Places {
    /// No base ends in this byte.
    static let nobodys = 0xFF
    /// The children of a node all lie in one block.
    private static let block = 256
    /// A block is given up for good when so many came after it: what is left there is hardly worth the search.
    private static let open = 4

    let root = 0
    private var places: [UInt64] = []
    private var bases: [UInt64] = []
    /// Before this word no place is free.
    private var start = 0

    var count: Int { places.count * 64 }

    init() {
      addBlock()
      places[0] = 1
      // The base of nodes without children, which leads nowhere.
      bases[0] = 1
    }

    private mutating func addBlock() {
      for _ in 0..<Self.block / 64 {
        places.append(0)
        bases.append(0)
      }
      bases[bases.count - 1] = 1 << 63
    }

    private static func has(_ place: Int, _ set: [UInt64]) -> Bool { set[place >> 6] >> UInt64(place & 63) & 1 == 1 }

    /// Takes places for the children of a node, which have these bytes.
    /// - Returns: their base.
    mutating func take(_ bytes: some Collection<UInt8>) -> Int {
      let base = freeBase(for: bytes)
      bases[base >> 6] |= 1 << UInt64(base & 63)
      for byte in bytes {
        let place = base ^ Int(byte)
        places[place >> 6] |= 1 << UInt64(place & 63)
      }
      return base
    }

    private mutating func freeBase(for bytes: some Collection<UInt8>) -> Int {
      let first = Int(bytes.first ?? 0)
      start = max(start, places.count - Self.open * Self.block / 64)
      while start < places.count, places[start] == .max { start += 1 }
      for word in start..<places.count {
        var free = ~places[word]
        while free != 0 {
          let base = (word * 64 + free.trailingZeroBitCount) ^ first
          if !Self.has(base, bases), bytes.allSatisfy({ !Self.has(base ^ Int($0), places) }) { return base }
          free &= free - 1
        }
      }
      addBlock()
      return count - Self.block
    }
  }
}
