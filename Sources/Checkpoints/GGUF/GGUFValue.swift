/// A value of a GGUF file's metadata.
public enum GGUFValue: Sendable, Equatable {
  case bool(Bool)
  /// Any of the integer types; one beyond 63 bits is refused when the file is opened.
  case integer(Int)
  case number(Double)
  case string(String)
  case array(GGUFArray)

  /// A few words for errors: `"llama"`, `array of 32000 strings`.
  var summary: String {
    switch self {
    case .bool(let flag): "\(flag)"
    case .integer(let integer): "\(integer)"
    case .number(let number): "\(number)"
    case .string(let text): text.count <= 40 ? "\"\(text)\"" : "\"\(text.prefix(40))…\""
    case .array(let array): "an array of \(array.count) elements"
    }
  }
}

/// An array of metadata, whose extent has been checked; its elements are read where they lie when they are asked for.
public struct GGUFArray: Sendable, Equatable {
  public let count: Int
  let element: GGUFElement
  let bytes: FileBytes
  let range: Range<Int>

  public static func == (left: Self, right: Self) -> Bool {
    left.element == right.element && left.count == right.count
      && left.bytes.withBytes { one in
        right.bytes.withBytes { one[left.range].elementsEqual($0[right.range]) }
      }
  }

  /// The elements of an array of strings, or nil. What is not UTF-8 in them is replaced, since tokens need not be whole
  /// characters.
  public func strings() -> [String]? {
    guard element == .string else { return nil }
    return bytes.withBytes { all in
      var found: [String] = []
      found.reserveCapacity(count)
      var position = range.lowerBound
      for _ in 0..<count {
        let length = Int(truncatingIfNeeded: all.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        found.append(String(decoding: all[position + 8..<position + 8 + length], as: UTF8.self))
        position += 8 + length
      }
      return found
    }
  }

  /// The elements of an array of integers, or nil.
  public func integers() -> [Int]? {
    guard element.isInteger else { return nil }
    return values { if case .integer(let integer) = $0 { integer } else { nil } }
  }

  /// The elements of an array of numbers, integers too, or nil.
  public func numbers() -> [Double]? {
    values {
      switch $0 {
      case .integer(let integer): Double(integer)
      case .number(let number): number
      default: nil
      }
    }
  }

  private func values<Value>(_ convert: (GGUFValue) -> Value?) -> [Value]? {
    guard let size = element.byteCount else { return nil }
    return bytes.withBytes { all in
      var found: [Value] = []
      found.reserveCapacity(count)
      for index in 0..<count {
        guard let value = element.value(all, at: range.lowerBound + index * size).flatMap(convert) else { return nil }
        found.append(value)
      }
      return found
    }
  }
}

/// The type of a metadata value by its number (`gguf_type`).
enum GGUFElement: UInt32, Sendable {
  case u8, i8, u16, i16, u32, i32, f32, bool, string, array, u64, i64, f64

  /// Nil for what has no size of its own.
  var byteCount: Int? {
    switch self {
    case .u8, .i8, .bool: 1
    case .u16, .i16: 2
    case .u32, .i32, .f32: 4
    case .u64, .i64, .f64: 8
    case .string, .array: nil
    }
  }

  var isInteger: Bool {
    switch self {
    case .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64: true
    default: false
    }
  }

  /// The value at `offset`, where its bytes are known to be; nil for strings, arrays, and integers beyond 63 bits.
  func value(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> GGUFValue? {
    func integer<Number: FixedWidthInteger>(_: Number.Type) -> GGUFValue? {
      Int(exactly: Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)))
        .map(GGUFValue.integer)
    }
    return switch self {
    case .u8: integer(UInt8.self)
    case .i8: integer(Int8.self)
    case .u16: integer(UInt16.self)
    case .i16: integer(Int16.self)
    case .u32: integer(UInt32.self)
    case .i32: integer(Int32.self)
    case .u64: integer(UInt64.self)
    case .i64: integer(Int64.self)
    case .f32: .number(Double(bytes.loadUnaligned(fromByteOffset: offset, as: Float.self)))
    case .f64: .number(bytes.loadUnaligned(fromByteOffset: offset, as: Double.self))
    case .bool: .bool(bytes[offset] != 0)
    case .string, .array: nil
    }
  }
}
