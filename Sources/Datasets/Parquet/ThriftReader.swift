/// Thrift's compact protocol, as far as Parquet's footer and page headers go: fields are offered one by one, and what nobody
/// wants is passed over.
///
/// Every length is checked against the bytes, and nesting is bounded, so that a damaged header costs no more than its size.
struct ThriftReader {
  enum Kind: UInt8 {
    case isTrue = 1
    case isFalse, byte, int16, int32, int64, double, binary, list, set, map, structure, uuid
  }

  private let bytes: UnsafeRawBufferPointer
  /// Where the next byte is read, from the beginning of `bytes`.
  private(set) var position: Int
  private var depth = 0
  private static let deepest = 64

  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// The fields of a structure, by number; `body` reads the value or has it skipped.
  mutating func structure(_ body: (inout ThriftReader, Int, Kind) throws -> Void) throws {
    try descend()
    var number = 0
    while true {
      let head = try next()
      guard head & 0x0F != 0 else { break }
      let kind = try kind(head & 0x0F)
      if head >> 4 == 0 {
        number = try zigzag()
        guard (0...Int(Int16.max)).contains(number) else { throw damaged("a field's number is \(number)") }
      } else {
        number += Int(head >> 4)
      }
      try body(&self, number, kind)
    }
    depth -= 1
  }

  /// The same for a field that must be a structure.
  mutating func structure(_ kind: Kind, _ body: (inout ThriftReader, Int, Kind) throws -> Void) throws {
    guard kind == .structure else { throw damaged("expected a structure, found \(kind)") }
    try structure(body)
  }

  mutating func list(_ kind: Kind, _ body: (inout ThriftReader, Kind) throws -> Void) throws {
    guard kind == .list || kind == .set else { throw damaged("expected a list, found \(kind)") }
    try descend()
    let head = try next()
    let element = try self.kind(head & 0x0F)
    // Each element takes a byte at least, so a count is no promise of more than there is.
    let count = head >> 4 == 15 ? try length() : Int(head >> 4)
    for _ in 0..<count { try body(&self, element) }
    depth -= 1
  }

  mutating func integer(_ kind: Kind) throws -> Int {
    switch kind {
    case .byte: Int(Int8(bitPattern: try next()))
    case .int16, .int32, .int64: try zigzag()
    default: throw damaged("expected an integer, found \(kind)")
    }
  }

  mutating func bool(_ kind: Kind) throws -> Bool {
    guard kind == .isTrue || kind == .isFalse else { throw damaged("expected a truth value, found \(kind)") }
    return kind == .isTrue
  }

  mutating func text(_ kind: Kind) throws -> String {
    guard kind == .binary else { throw damaged("expected a text, found \(kind)") }
    let count = try length()
    defer { position += count }
    guard let text = String(validating: bytes[position..<position + count], as: UTF8.self) else {
      throw damaged("a text is not valid UTF-8")
    }
    return text
  }

  mutating func skip(_ kind: Kind) throws {
    switch kind {
    case .isTrue, .isFalse: break
    case .byte: _ = try next()
    case .int16, .int32, .int64: _ = try varint()
    case .double: try pass(8)
    case .uuid: try pass(16)
    case .binary: try pass(length())
    case .structure: try structure { try $0.skip($2) }
    case .list, .set: try list(kind) { try $0.skipElement($1) }
    case .map:
      try descend()
      let count = try length()
      if count > 0 {
        let kinds = try next()
        let (key, value) = (try self.kind(kinds >> 4), try self.kind(kinds & 0x0F))
        for _ in 0..<count {
          try skipElement(key)
          try skipElement(value)
        }
      }
      depth -= 1
    }
  }

  /// Truth values outside of structures have a byte of their own.
  private mutating func skipElement(_ kind: Kind) throws {
    if kind == .isTrue || kind == .isFalse { try pass(1) } else { try skip(kind) }
  }

  private mutating func descend() throws {
    depth += 1
    guard depth <= Self.deepest else { throw damaged("it is nested more than \(Self.deepest) deep") }
  }

  private func kind(_ number: UInt8) throws -> Kind {
    guard let kind = Kind(rawValue: number) else { throw damaged("there is no kind of value \(number)") }
    return kind
  }

  private mutating func next() throws -> UInt8 {
    guard position < bytes.count else { throw damaged("it ends early") }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func pass(_ count: Int) throws {
    guard count <= bytes.count - position else { throw damaged("it ends early") }
    position += count
  }

  /// A count of bytes or elements that must still be there.
  private mutating func length() throws -> Int {
    let count = try varint()
    guard count <= UInt64(bytes.count - position) else { throw damaged("it ends early") }
    return Int(count)
  }

  private mutating func varint() throws -> UInt64 {
    var (result, shift) = (UInt64(0), UInt64(0))
    while true {
      let byte = try next()
      guard shift < 63 || byte <= 1 else { throw damaged("an integer has more than 64 bits") }
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
  }

  private mutating func zigzag() throws -> Int {
    let number = try varint()
    return Int(Int64(bitPattern: number >> 1) ^ -Int64(number & 1))
  }

  private func damaged(_ what: String) -> ParquetProblem { .damaged("the header is damaged: \(what)", byte: position) }
}
