/// Numbers at offsets that may lie outside, then nil.
struct LittleEndianBytes {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  func half(_ offset: Int) -> Int? { number(offset, UInt16.self) }
  func word(_ offset: Int) -> Int? { number(offset, UInt32.self) }
  /// Nil also where the number is larger than any size can be.
  func long(_ offset: Int) -> Int? { number(offset, UInt64.self) }

  private func number<Number: FixedWidthInteger>(_ offset: Int, _ type: Number.Type) -> Int? {
    guard offset >= 0, offset <= bytes.count - MemoryLayout<Number>.size else { return nil }
    return Int(exactly: Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)))
  }
}
