/// The tokens of a vocabulary by their beginnings.
struct TokenTrie: Sendable {
  /// Node times 256 plus byte, plus one; 0 is a free place.
  private var keys: [UInt64]
  private var children: [Int32]
  private var mask: Int
  private var edges = 0
  /// The token that ends at a node, -1 where none does.
  private var tokens: [Int32] = [-1]

  init(_ vocabulary: Vocabulary) {
    var capacity = 1024
    while capacity < vocabulary.count * 4 { capacity *= 2 }
    keys = [UInt64](repeating: 0, count: capacity)
    children = [Int32](repeating: 0, count: capacity)
    mask = capacity - 1
    for id in vocabulary.ids {
      let token = vocabulary.bytes(of: id)
      if !token.isEmpty { insert(token, id: Int32(id)) }
    }
  }

  @inline(__always)
  private static func hash(_ key: UInt64) -> Int { Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 24) }

  /// Of equal tokens the last one holds.
  mutating func insert(_ token: [UInt8], id: Int32) {
    var node: Int32 = 0
    for byte in token {
      let next = child(of: node, byte)
      if next >= 0 {
        node = next
        continue
      }
      if (edges + 1) * 2 > keys.count { grow() }
      let made = Int32(tokens.count)
      tokens.append(-1)
      place(UInt64(node) << 8 + UInt64(byte) + 1, made)
      edges += 1
      node = made
    }
    tokens[Int(node)] = id
  }

  private mutating func place(_ key: UInt64, _ child: Int32) {
    var place = Self.hash(key) & mask
    while keys[place] != 0 { place = (place + 1) & mask }
    (keys[place], children[place]) = (key, child)
  }

  private mutating func grow() {
    let before = zip(keys, children)
    keys = [UInt64](repeating: 0, count: keys.count * 2)
    children = [Int32](repeating: 0, count: keys.count)
    mask = keys.count - 1
    for (key, child) in before where key != 0 { place(key, child) }
  }

  /// The node behind `byte`, -1 where there is none; 0 is the start.
  @inline(__always)
  func child(of node: Int32, _ byte: UInt8) -> Int32 {
    let key = UInt64(node) << 8 + UInt64(byte) + 1
    return keys.withUnsafeBufferPointer { keys in
      var place = Self.hash(key) & mask
      while keys[place] != 0 {
        if keys[place] == key { return children[place] }
        place = (place + 1) & mask
      }
      return -1
    }
  }

  @inline(__always)
  func token(at node: Int32) -> Int32 { tokens[Int(node)] }
}
