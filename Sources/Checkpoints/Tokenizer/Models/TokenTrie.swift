/// The tokens of a vocabulary by their beginnings.
///
/// Walking it is waiting for memory, so an edge is one word, and the edges of a node lie near each other.
struct TokenTrie: Sendable {
  /// By a hash: from the highest bit on the node (27 bits), the byte (8) and the child (27), whether a token ends there (1);
  /// 0 is a free place.
  private var edges: [UInt64]
  private var mask: Int
  /// The token that ends at a node, -1 where none does.
  private var tokens: [Int32] = [-1]

  /// How many bytes tokens may have together: there may be a node for each, and an edge tells no more nodes apart.
  private static let largestContent = 1 << 27 - 1

  /// - Parameter bytes: what the tokens take, or the file that they are read from.
  static func check(_ bytes: Int, file name: String) throws {
    guard bytes <= largestContent else {
      throw CheckpointError(name, .tokenizer(.vocabularyTooLarge(bytes: bytes, limit: largestContent)))
    }
  }

  init(_ vocabulary: Vocabulary) {
    var capacity = 1024
    while capacity < vocabulary.count * 4 { capacity *= 2 }
    edges = [UInt64](repeating: 0, count: capacity)
    mask = capacity - 1
    for id in vocabulary.ids {
      let token = vocabulary.bytes(of: id)
      if !token.isEmpty { insert(token, id: Int32(id)) }
    }
  }

  /// The place of the edge from a node with a byte, or the free place for it.
  @inline(__always)
  private static func place(_ node: UInt64, _ byte: UInt8, in edges: UnsafeBufferPointer<UInt64>, _ mask: Int) -> Int {
    let key = node << 8 | UInt64(byte)
    var place = (Int(truncatingIfNeeded: (node &* 0x9E37_79B9_7F4A_7C15) >> 24) &+ Int(byte)) & mask
    while edges[place] != 0, edges[place] >> 28 != key { place = (place + 1) & mask }
    return place
  }

  @inline(__always)
  private static func child(_ edge: UInt64) -> UInt64 { edge >> 1 & (1 << 27 - 1) }

  private func place(_ node: UInt64, _ byte: UInt8) -> Int {
    edges.withUnsafeBufferPointer { Self.place(node, byte, in: $0, mask) }
  }

  /// Of equal tokens the last one holds. An empty token is none.
  mutating func insert(_ token: [UInt8], id: Int32) {
    var node: UInt64 = 0
    var last: Int?
    for byte in token {
      if tokens.count * 2 > edges.count { grow() }
      let place = place(node, byte)
      if edges[place] == 0 {
        edges[place] = (node << 8 | UInt64(byte)) << 28 | UInt64(tokens.count) << 1
        tokens.append(-1)
      }
      node = Self.child(edges[place])
      last = place
    }
    guard let last else { return }
    edges[last] |= 1
    tokens[Int(node)] = id
  }

  private mutating func grow() {
    let before = edges
    edges = [UInt64](repeating: 0, count: before.count * 2)
    mask = edges.count - 1
    for edge in before where edge != 0 { edges[place(edge >> 36, UInt8(truncatingIfNeeded: edge >> 28))] = edge }
  }

  /// Calls `body` with each token that the text goes on with at `start`, and where it ends: the shortest first.
  @inline(__always)
  func forEachToken(in text: UnsafeBufferPointer<UInt8>, from start: Int, _ body: (_ id: Int32, _ end: Int) -> Void) {
    edges.withUnsafeBufferPointer { edges in
      var node: UInt64 = 0
      var next = start
      while next < text.count {
        let edge = edges[Self.place(node, text[next], in: edges, mask)]
        if edge == 0 { break }
        node = Self.child(edge)
        next += 1
        if edge & 1 != 0 { body(tokens[Int(node)], next) }
      }
    }
  }
}
