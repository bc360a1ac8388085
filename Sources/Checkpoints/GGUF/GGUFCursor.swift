/// Walks through the header of a GGUF file; nothing is read, and no memory taken, that the file does not hold.
struct GGUFCursor {
  private let bytes: UnsafeRawBufferPointer
  private let file: FileBytes
  private(set) var position: Int

  init(_ bytes: UnsafeRawBufferPointer, of file: FileBytes, at position: Int) {
    self.bytes = bytes
    self.file = file
    self.position = position
  }

  func failure(_ problem: GGUFProblem) -> CheckpointError { CheckpointError(file.name, .gguf(problem)) }

  private func require(_ count: Int, _ what: String) throws {
    guard count <= bytes.count - position else {
      throw failure(.truncated(what: what, byte: position, needed: count, present: bytes.count - position))
    }
  }

  mutating func word(_ what: String) throws -> UInt32 {
    try require(4, what)
    defer { position += 4 }
    return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }

  /// A 64-bit count of things that take at least `size` bytes each.
  mutating func count(of size: Int, _ what: String) throws -> Int {
    let start = position
    let declared = try long(what)
    guard let count = Int(exactly: declared), count <= (bytes.count - position) / max(size, 1) else {
      throw failure(.tooMany(what: what, byte: start, declared: declared, present: bytes.count - position))
    }
    return count
  }

  mutating func long(_ what: String) throws -> UInt64 {
    try require(8, what)
    defer { position += 8 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }

  mutating func skipString(_ what: String) throws {
    let count = try count(of: 1, "the length of \(what)")
    position += count
  }

  /// - Throws: for what is not UTF-8.
  mutating func string(_ what: String) throws -> String {
    let start = position
    try skipString(what)
    guard let text = String(validating: bytes[start + 8..<position], as: UTF8.self) else {
      throw failure(.notUTF8(what: what, byte: start + 8))
    }
    return text
  }

  mutating func value(of key: String) throws -> GGUFValue {
    let type = try element(key)
    switch type {
    case .string:
      let start = position
      try skipString("the value of \(key)")
      return .string(String(decoding: bytes[start + 8..<position], as: UTF8.self))
    case .array: return .array(try array(of: key, depth: 0))
    default:
      let size = type.byteCount ?? 1
      try require(size, "the value of \(key)")
      guard let value = type.value(bytes, at: position) else {
        throw failure(.integerTooLarge(key: key, byte: position))
      }
      position += size
      return value
    }
  }

  private mutating func element(_ key: String) throws -> GGUFElement {
    let start = position
    let code = try word("the type of \(key)")
    guard let type = GGUFElement(rawValue: code) else {
      throw failure(.valueType(key: key, type: code, byte: start))
    }
    return type
  }

  private mutating func array(of key: String, depth: Int) throws -> GGUFArray {
    let type = try element(key)
    let count = try count(of: type.byteCount ?? 8, "the length of \(key)")
    let start = position
    switch type {
    case .string: for _ in 0..<count { try skipString("a string of \(key)") }
    case .array:
      guard depth < 3 else { throw failure(.nested(key: key, byte: start)) }
      for _ in 0..<count { _ = try array(of: key, depth: depth + 1) }
    default: position += count * (type.byteCount ?? 0)
    }
    return GGUFArray(count: count, element: type, bytes: file, range: start..<position)
  }
}
