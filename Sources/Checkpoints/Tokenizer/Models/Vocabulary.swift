/// The tokens of a model, each once, told apart by their bytes.
///
/// All of them lie in one buffer, and one table finds them: no object for each token, neither in memory nor when a text
/// is encoded.
struct Vocabulary: Sendable {
  private var content: [UInt8] = []
  /// Where the token of an id starts and ends in `content`; an end before the start is an id without a token.
  private var starts: [Int32] = []
  private var ends: [Int32] = []
  /// The tokens as text, by id.
  private var texts: [String] = []
  /// Ids plus one by hash; 0 is a free place.
  private var slots: [Int32]
  private var mask: Int
  /// How many tokens there are; ids may leave gaps.
  private(set) var count = 0

  init(expecting tokens: Int = 0) {
    var capacity = 16
    while capacity < tokens * 2 { capacity *= 2 }
    slots = [Int32](repeating: 0, count: capacity)
    mask = capacity - 1
  }

  /// One more than the largest id.
  var idLimit: Int { starts.count }

  /// Ids further out than this would take memory that the file's own size does not account for.
  static func largestId(for count: Int) -> Int { 4 * count + 1_000_000 }

  @inline(__always)
  static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    let count = bytes.count
    guard count > 0, let base = UnsafeRawPointer(bytes.baseAddress) else { return 0x9E37_79B9_7F4A_7C15 }
    var state = UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
    var next = 0
    while next + 8 <= count {
      state = mixed(state ^ base.loadUnaligned(fromByteOffset: next, as: UInt64.self))
      next += 8
    }
    var tail: UInt64 = 0
    if count >= 8 {
      tail = base.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    } else if count >= 4 {
      tail =
        UInt64(base.loadUnaligned(as: UInt32.self)) << 32
        | UInt64(base.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
    } else {
      tail = UInt64(bytes[0]) << 16 | UInt64(bytes[count / 2]) << 8 | UInt64(bytes[count - 1])
    }
    return mixed(state ^ tail)
  }

  @inline(__always)
  private static func mixed(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0x9FB2_1C65_1E98_DF25)
    return product.high ^ product.low
  }

  private mutating func insert(_ token: UnsafeBufferPointer<UInt8>, id: Int) {
    while starts.count <= id {
      starts.append(0)
      ends.append(-1)
      texts.append("")
    }
    starts[id] = Int32(content.count)
    content.append(contentsOf: token)
    ends[id] = Int32(content.count)
    count += 1
    if count * 2 > slots.count { grow() } else { place(id, Self.hash(token)) }
  }

  /// Gives an id to a token; neither may be there already.
  mutating func insert(_ token: String, id: Int) {
    var token = token
    token.withUTF8 { insert($0, id: id) }
    texts[id] = token
  }

  private mutating func place(_ id: Int, _ hash: UInt64) {
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = Int32(id + 1)
  }

  private mutating func grow() {
    slots = [Int32](repeating: 0, count: slots.count * 2)
    mask = slots.count - 1
    for id in starts.indices where starts[id] <= ends[id] {
      place(id, withBytes(of: id) { Self.hash($0) })
    }
  }

  /// The id of a token, or -1.
  @inline(__always)
  func id(of token: UnsafeBufferPointer<UInt8>) -> Int32 {
    slots.withUnsafeBufferPointer { slots in
      var slot = Int(truncatingIfNeeded: Self.hash(token)) & mask
      while slots[slot] != 0 {
        let id = Int(slots[slot]) - 1
        let start = Int(starts[id])
        if Int(ends[id]) - start == token.count,
          content.withUnsafeBufferPointer({ content in
            for i in 0..<token.count where content[start + i] != token[i] { return false }
            return true
          })
        {
          return Int32(id)
        }
        slot = (slot + 1) & mask
      }
      return -1
    }
  }

  func id(of token: [UInt8]) -> Int32 { token.withUnsafeBufferPointer { id(of: $0) } }

  func id(of token: String) -> Int? {
    var token = token
    let found = token.withUTF8 { id(of: $0) }
    return found < 0 ? nil : Int(found)
  }

  func contains(_ id: Int) -> Bool { starts.indices.contains(id) && starts[id] <= ends[id] }

  func withBytes<Result>(of id: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
    try content.withUnsafeBufferPointer { content in
      guard contains(id) else { return try body(UnsafeBufferPointer(rebasing: content[0..<0])) }
      return try body(UnsafeBufferPointer(rebasing: content[Int(starts[id])..<Int(ends[id])]))
    }
  }

  func bytes(of id: Int) -> [UInt8] { withBytes(of: id) { Array($0) } }

  func text(of id: Int) -> String? {
    contains(id) ? texts[id] : nil
  }

  var ids: some Sequence<Int> { starts.indices.lazy.filter { self.contains($0) } }
}

extension Vocabulary {
  /// - Parameter field: an object of tokens and ids, such as `model.vocab` in `tokenizer.json`.
  init(_ field: Field) throws {
    let object = try field.object()
    self.init(expecting: object.count)
    let limit = Self.largestId(for: object.count)
    for (token, value) in object.entries {
      guard case .integer(let id) = value, id >= 0 else {
        throw field[token].mustBe("a token id, an integer that is not negative")
      }
      guard id <= limit else {
        throw CheckpointError(field.file, .tokenizer(.idTooLarge(token: token, id: id, tokens: object.count)))
      }
      if let first = text(of: id) {
        throw CheckpointError(field.file, .tokenizer(.sharedId(id: id, first: first, second: token)))
      }
      insert(token, id: id)
    }
  }
}
