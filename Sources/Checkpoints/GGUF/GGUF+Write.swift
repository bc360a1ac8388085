import Tensors

extension GGUF {
  /// What can be written as metadata.
  public enum Writable: Sendable, Equatable {
    case bool(Bool)
    /// An unsigned integer of 32 bits, as most keys have.
    case word(UInt32)
    case integer(Int)
    /// A single-precision number, as most keys have.
    case number(Float)
    case string(String)
    case strings([String])
    case integers([Int32])
    case numbers([Float])
  }

  /// Writes a GGUF file of version 3: it appears whole or not at all.
  /// - Throws: `cannotWrite` for masks and for names that come twice.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [(key: String, value: Writable)], to path: String
  ) throws {
    func refusal(_ name: String, _ reason: String) -> CheckpointError {
      CheckpointError(path, .gguf(.cannotWrite(name: name, reason: reason)))
    }
    var names: Set<String> = []
    for name in metadata.map(\.key) + tensors.map({ "tensor " + $0.name }) where !names.insert(name).inserted {
      throw refusal(name, "the name is given twice")
    }
    var header = GGUFBytes()
    header.bytes += Array("GGUF".utf8)
    header.append(UInt32(3))
    header.append(UInt64(tensors.count))
    header.append(UInt64(metadata.count))
    for (key, value) in metadata {
      header.append(key)
      header.append(value)
    }
    var offset = 0
    for (name, tensor) in tensors {
      guard let type = GGUFType.of(tensor.dtype) else {
        throw refusal("the tensor \(name)", "\(tensor.dtype.rawValue) has no place in a GGUF file")
      }
      header.append(name)
      header.append(UInt32(tensor.shape.rank))
      for size in tensor.shape.sizes.reversed() { header.append(UInt64(size)) }
      header.append(type.code)
      header.append(UInt64(offset))
      offset += aligned(tensor.dtype.byteCount(of: tensor.count))
    }
    try AtomicFile.write(to: path) { file in
      try file.write(header.bytes)
      try file.write([UInt8](repeating: 0, count: aligned(header.bytes.count) - header.bytes.count))
      for (_, tensor) in tensors {
        try tensor.withUnsafeBytes { bytes in
          try file.write(bytes)
          try file.write([UInt8](repeating: 0, count: aligned(bytes.count) - bytes.count))
        }
      }
    }
  }

  private static func aligned(_ count: Int) -> Int { (count + 31) / 32 * 32 }
}

/// A GGUF header in the making.
private struct GGUFBytes {
  var bytes: [UInt8] = []

  mutating func append(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    bytes += Array(text.utf8)
  }

  mutating func append(_ type: GGUFElement) { append(type.rawValue) }

  private mutating func appendArray(_ type: GGUFElement, _ count: Int) {
    append(.array)
    append(type)
    append(UInt64(count))
  }

  mutating func append(_ value: GGUF.Writable) {
    switch value {
    case .bool(let flag):
      append(.bool)
      append(UInt8(flag ? 1 : 0))
    case .word(let word):
      append(.u32)
      append(word)
    case .integer(let integer):
      append(.i64)
      append(Int64(integer))
    case .number(let number):
      append(.f32)
      append(number.bitPattern)
    case .string(let text):
      append(.string)
      append(text)
    case .strings(let texts):
      appendArray(.string, texts.count)
      for text in texts { append(text) }
    case .integers(let integers):
      appendArray(.i32, integers.count)
      for integer in integers { append(integer) }
    case .numbers(let numbers):
      appendArray(.f32, numbers.count)
      for number in numbers { append(number.bitPattern) }
    }
  }
}
