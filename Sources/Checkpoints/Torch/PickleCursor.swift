/// Walks through the bytes of a pickle; nothing is read, and no memory taken, that the file does not hold.
struct PickleCursor {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position: Int

  /// Texts in a file of tensors are names; a longer one is damage.
  static let textLimit = 1 << 24

  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  private func require(_ count: Int, _ what: String) throws(TorchProblem) {
    guard count >= 0, count <= bytes.count - position else {
      throw .truncated(what: what, byte: position, needed: count, present: bytes.count - position)
    }
  }

  mutating func byte(_ what: String) throws(TorchProblem) -> UInt8 {
    try require(1, what)
    defer { position += 1 }
    return bytes[position]
  }

  /// A little-endian number.
  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type, _ what: String) throws(TorchProblem) -> Number {
    let size = MemoryLayout<Number>.size
    try require(size, what)
    defer { position += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }

  mutating func bigEndianDouble(_ what: String) throws(TorchProblem) -> Double {
    Double(bitPattern: UInt64(bigEndian: try number(UInt64.self, what).littleEndian))
  }

  /// The next `count` bytes.
  mutating func take(_ count: some BinaryInteger, _ what: String) throws(TorchProblem) -> [UInt8] {
    guard let count = Int(exactly: count), count <= Self.textLimit else {
      throw .malformed("\(what) would take \(count) bytes", byte: position)
    }
    try require(count, what)
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  /// UTF-8 of `count` bytes. Python's lone surrogates have none, and no name of a tensor has them.
  mutating func text(_ count: some BinaryInteger, _ what: String) throws(TorchProblem) -> String {
    let start = position
    guard let text = String(validating: try take(count, what), as: UTF8.self) else {
      throw .malformed("\(what) is not UTF-8", byte: start)
    }
    return text
  }

  /// A line of the text protocol, without its end.
  mutating func line(_ what: String) throws(TorchProblem) -> String {
    let rest = bytes[position...].prefix(Self.textLimit)
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
      throw .truncated(what: what, byte: position, needed: rest.count + 1, present: rest.count)
    }
    let start = position
    position = end + 1
    guard let text = String(validating: bytes[start..<end], as: UTF8.self) else {
      throw .malformed("\(what) is not UTF-8", byte: start)
    }
    return text
  }

  /// The next bytes as a storage's numbers.
  mutating func skip(_ count: Int, _ what: String) throws(TorchProblem) -> Range<Int> {
    try require(count, what)
    defer { position += count }
    return position..<position + count
  }
}
