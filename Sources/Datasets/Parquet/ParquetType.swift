import Checkpoints

/// How the values of a column lie in the file.
enum ParquetPhysical: Equatable {
  case boolean, int32, int64, int96, float, double, bytes
  case fixed(Int)

  init?(number: Int, length: Int) {
    switch number {
    case 0: self = .boolean
    case 1: self = .int32
    case 2: self = .int64
    case 3: self = .int96
    case 4: self = .float
    case 5: self = .double
    case 6: self = .bytes
    case 7 where (1...Int(Int32.max)).contains(length): self = .fixed(length)
    default: return nil
    }
  }

  /// Bytes of a value; 0 where they differ.
  var width: Int {
    switch self {
    case .boolean, .bytes: 0
    case .int32, .float: 4
    case .int64, .double: 8
    case .int96: 12
    case .fixed(let length): length
    }
  }
}

extension ParquetPhysical: CustomStringConvertible {
  var description: String {
    switch self {
    case .boolean: "BOOLEAN"
    case .int32: "INT32"
    case .int64: "INT64"
    case .int96: "INT96"
    case .float: "FLOAT"
    case .double: "DOUBLE"
    case .bytes: "BYTE_ARRAY"
    case .fixed(let length): "FIXED_LEN_BYTE_ARRAY(\(length))"
    }
  }
}

/// What the values of a column mean.
enum ParquetMeaning: Equatable {
  case flag
  case signed
  case unsigned
  case float, double, half
  case text
  case bytes
  case uuid
  /// Integers or big-endian bytes, to be divided by 10 to the power of `scale`.
  case decimal(scale: Int)
  case date
  case time(ParquetTime.Unit)
  case timestamp(ParquetTime.Unit, isUTC: Bool)
  /// Nanoseconds of a day and a Julian day.
  case julian
  /// Named by the format, and not read.
  case unknown(String)

  init(_ element: ParquetMetadata.Element, _ physical: ParquetPhysical) {
    let logical = element.logical
    let unit = ParquetTime.Unit(rawValue: logical?.unit ?? 0)
    switch (logical?.kind ?? -1, element.converted ?? -1, physical) {
    case (15, _, .fixed(2)): self = .half
    case (14, _, .fixed(16)): self = .uuid
    case (5, _, .int32), (5, _, .int64), (5, _, .fixed), (5, _, .bytes):
      self = .decimal(scale: logical?.scale ?? 0)
    case (_, 5, .int32), (_, 5, .int64), (_, 5, .fixed), (_, 5, .bytes): self = .decimal(scale: element.scale)
    case (1, _, .bytes), (4, _, .bytes), (12, _, .bytes), (_, 0, .bytes), (_, 4, .bytes), (_, 19, .bytes): self = .text
    case (6, _, .int32), (_, 6, .int32): self = .date
    case (7, _, .int32), (7, _, .int64): self = unit.map { .time($0) } ?? .unknown("TIME")
    case (8, _, .int64):
      self = unit.map { .timestamp($0, isUTC: logical?.isUTC == true) } ?? .unknown("TIMESTAMP")
    case (_, 7, .int32): self = .time(.milli)
    case (_, 8, .int64): self = .time(.micro)
    case (_, 9, .int64): self = .timestamp(.milli, isUTC: true)
    case (_, 10, .int64): self = .timestamp(.micro, isUTC: true)
    case (10, _, .int32), (10, _, .int64): self = logical?.isSigned == false ? .unsigned : .signed
    case (_, 11...14, .int32), (_, 11...14, .int64): self = .unsigned
    case (_, 21, .fixed(12)): self = .unknown("INTERVAL")
    case (_, _, .boolean): self = .flag
    case (_, _, .int32), (_, _, .int64): self = .signed
    case (_, _, .int96): self = .julian
    case (_, _, .float): self = .float
    case (_, _, .double): self = .double
    case (_, _, .bytes), (_, _, .fixed): self = .bytes
    }
    if case .decimal(let scale) = self, !(0...76).contains(scale) { self = .unknown("DECIMAL of scale \(scale)") }
    if case (.decimal, .fixed(17...)) = (self, physical) { self = .unknown("DECIMAL of \(physical)") }
  }

  var isUnknown: Bool { if case .unknown = self { true } else { false } }

  /// - Throws: `PageDamage`.
  func value(_ raw: PageValues.Raw, _ physical: ParquetPhysical) throws -> ParquetValue {
    switch raw {
    case .flag(let flag): return .bool(flag)
    // Differences of 32 bits wrap around at 32.
    case .integer(let integer):
      return value(physical == .int32 ? Int64(Int32(truncatingIfNeeded: integer)) : integer, physical)
    case .bytes(let bytes):
      switch physical {
      case .int32: return value(Int64(bytes.load(Int32.self)), physical)
      case .int64: return value(bytes.load(Int64.self), physical)
      case .float: return .number(Double(Float(bitPattern: bytes.load(UInt32.self))))
      case .double: return .number(Double(bitPattern: bytes.load(UInt64.self)))
      case .int96:
        return .text(ParquetTime.text(julian: bytes.from(8)?.word(0) ?? 0, nanoseconds: bytes.load(Int64.self)))
      case .boolean, .bytes, .fixed: return try value(bytes)
      }
    }
  }

  private func value(_ integer: Int64, _ physical: ParquetPhysical) -> ParquetValue {
    switch self {
    case .unsigned:
      if physical == .int32 { return .integer(Int(UInt32(truncatingIfNeeded: integer))) }
      return integer >= 0 ? .integer(Int(integer)) : .number(Double(UInt64(bitPattern: integer)))
    case .decimal(let scale): return .number(Self.decimal(Int128(integer), scale))
    case .date: return .text(ParquetTime.text(day: Int(integer)))
    case .time(let unit): return .text(ParquetTime.text(time: integer, unit))
    case .timestamp(let unit, let isUTC): return .text(ParquetTime.text(timestamp: integer, unit, isUTC: isUTC))
    default: return .integer(Int(integer))
    }
  }

  private func value(_ bytes: PageBytes) throws -> ParquetValue {
    switch self {
    case .text:
      guard let text = bytes.withBytes({ String(validating: $0, as: UTF8.self) }) else {
        throw PageDamage("a text is not valid UTF-8")
      }
      return .text(text)
    case .half: return .number(Double(Float16(bitPattern: bytes.load(UInt16.self))))
    case .uuid:
      let digits = bytes.withBytes { $0.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) } }
      let parts = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
      return .text(parts.map { digits[$0].joined() }.joined(separator: "-"))
    case .decimal(let scale):
      guard bytes.count <= 16 else { throw PageDamage("a decimal has \(bytes.count) bytes") }
      let number = bytes.withBytes { raw in
        raw.reduce(Int128(raw.first.map { $0 >= 0x80 } == true ? -1 : 0)) { $0 << 8 | Int128($1) }
      }
      return .number(Self.decimal(number, scale))
    default: return .bytes(ParquetBytes(bytes: bytes))
    }
  }

  /// The nearest double, by way of the digits, since a power of ten is not exact beyond 22.
  private static func decimal(_ number: Int128, _ scale: Int) -> Double {
    scale == 0 ? Double(number) : Double("\(number)e-\(scale)") ?? .nan
  }
}

extension PageBytes {
  /// The first bytes as a number; there must be as many as it has.
  fileprivate func load<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
    withBytes { $0.count >= MemoryLayout<Number>.size ? Number(littleEndian: $0.loadUnaligned(as: Number.self)) : 0 }
  }
}
