/// What the `tokenizers` library takes each code point for: its general category, and the sets that its parts ask for.
///
/// The data is the library's own (`UnicodeData`), because its versions of Unicode are older than Swift's, and differ
/// among themselves: with the wrong version thousands of letters are no letters.
struct UnicodeTable: @unchecked Sendable {
  /// Bits of a code point. The low five are its general category; 0 is unassigned.
  typealias Bits = UInt16

  static let category: Bits = 0x1F
  static let letter: Bits = 1 << 5
  static let number: Bits = 1 << 6
  static let white: Bits = 1 << 7
  /// `\w` of Rust's `regex`, which the pre-tokenizer `Whitespace` and added tokens with `single_word` use.
  static let word: Bits = 1 << 8
  /// `\w` of the engine that patterns in files use.
  static let engineWord: Bits = 1 << 9
  static let numeric: Bits = 1 << 10
  static let punctuation: Bits = 1 << 11
  static let bertRemoved: Bits = 1 << 12
  static let bertMark: Bits = 1 << 13
  static let accent: Bits = 1 << 14
  /// Belongs to the grapheme of what stands before it.
  static let extending: Bits = 1 << 15

  static let shared = UnicodeTable()

  /// One for each code point; lives as long as the program.
  let bits: UnsafePointer<Bits>

  private init() {
    let count = 0x110000
    let table = UnsafeMutablePointer<Bits>.allocate(capacity: count)
    table.initialize(repeating: 0, count: count)
    var categories = PackedNumbers(UnicodeData.categories)
    var next = 0
    while let category = categories.next(), let length = categories.next() {
      var flags = Bits(truncatingIfNeeded: category)
      // In the order of the generator: Lu Ll Lt Lm Lo, Mn Mc Me, Nd Nl No.
      if (1...5).contains(category) { flags |= Self.letter }
      if (9...11).contains(category) { flags |= Self.number }
      if flags != 0 {
        for point in next..<min(next + Int(length), count) { table[point] = flags }
      }
      next += Int(length)
    }
    let sets: [(StaticString, Bits)] = [
      (UnicodeData.words, Self.word), (UnicodeData.engineWords, Self.engineWord), (UnicodeData.numeric, Self.numeric),
      (UnicodeData.punctuation, Self.punctuation), (UnicodeData.bertRemoved, Self.bertRemoved),
      (UnicodeData.bertMarks, Self.bertMark), (UnicodeData.accents, Self.accent),
      (UnicodeData.extending, Self.extending),
    ]
    for (data, flag) in sets {
      var numbers = PackedNumbers(data)
      var next = 0
      while let gap = numbers.next(), let length = numbers.next() {
        next += Int(gap)
        for point in next..<min(next + Int(length), count) { table[point] |= flag }
        next += Int(length)
      }
    }
    for point in 0..<0x3001 where Unicode.Scalar(UInt32(point))?.isWhiteSpace == true { table[point] |= Self.white }
    bits = UnsafePointer(table)
  }

  @inline(__always) subscript(point: UInt32) -> Bits { bits[Int(point)] }
}

/// Numbers of seven bits a byte, the lowest first, in base 64.
struct PackedNumbers: Sequence, IteratorProtocol {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: StaticString) {
    bytes = text.withUTF8Buffer { Base64.decoded($0) ?? [] }
  }

  mutating func next() -> UInt32? {
    var value: UInt32 = 0
    var shift: UInt32 = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      value |= UInt32(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}

enum Base64 {
  /// The bytes that a text in base 64 stands for; nil where it is none.
  static func decoded(_ text: some Collection<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 4 * 3)
    var (group, count, padding): (UInt32, Int, Int) = (0, 0, 0)
    for byte in text {
      let value: UInt8
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "="):
        padding += 1
        value = 0
      default: return nil
      }
      if padding > 0, byte != UInt8(ascii: "=") { return nil }
      group = group << 6 | UInt32(value)
      count += 1
      if count == 4 {
        result.append(UInt8(group >> 16 & 0xFF))
        result.append(UInt8(group >> 8 & 0xFF))
        result.append(UInt8(group & 0xFF))
        (group, count) = (0, 0)
      }
    }
    guard count == 0, padding <= 2, padding <= result.count else { return nil }
    result.removeLast(padding)
    return result
  }
}
