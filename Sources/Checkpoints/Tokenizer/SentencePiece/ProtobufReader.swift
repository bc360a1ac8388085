/// The fields of one message in protobuf's wire format, in the order of the file. Every size is checked before it is used.
struct ProtobufReader {
  enum Value {
    case integer(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    case bytes(Range<Int>)
  }

  struct Failure: Error {
    let offset: Int
    let expected: String
  }

  private let bytes: UnsafeRawBufferPointer
  private let end: Int
  private(set) var position: Int

  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// The number and the value of the next field; nil at the end.
  mutating func next() throws(Failure) -> (field: Int, value: Value)? {
    guard position < end else { return nil }
    let start = position
    let key = try integer()
    guard key >> 3 > 0, key >> 3 <= 0x1FFF_FFFF else { throw Failure(offset: start, expected: "a protobuf field") }
    let field = Int(key >> 3)
    switch key & 7 {
    case 0: return (field, .integer(try integer()))
    case 1: return (field, .fixed64(try fixed(8)))
    case 5: return (field, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    case 2:
      let sizeAt = position
      let size = try integer()
      guard size <= UInt64(end - position) else {
        throw Failure(
          offset: sizeAt, expected: "a size of at most the \(end - position) bytes that follow, found \(size)")
      }
      let range = position..<position + Int(size)
      position = range.upperBound
      return (field, .bytes(range))
    default: throw Failure(offset: start, expected: "a protobuf field of a kind that is still in use")
    }
  }

  private mutating func integer() throws(Failure) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Failure(offset: start, expected: "a protobuf number")
  }

  private mutating func fixed(_ size: Int) throws(Failure) -> UInt64 {
    guard end - position >= size else { throw Failure(offset: position, expected: "\(size) bytes more") }
    var value: UInt64 = 0
    for i in 0..<size { value |= UInt64(bytes[position + i]) << UInt64(8 * i) }
    position += size
    return value
  }
}
