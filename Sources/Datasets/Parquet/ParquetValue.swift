import Checkpoints

/// What a column of a Parquet file has in a row.
public enum ParquetValue: Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  /// Also integers beyond 64 bits with a sign, and decimals.
  case number(Double)
  /// Also dates, times and UUIDs, as ISO 8601 and RFC 9562 write them.
  case text(String)
  case bytes(ParquetBytes)
  case list([ParquetValue])
  case record([(name: String, value: ParquetValue)])

  /// A field of a record.
  public subscript(name: String) -> ParquetValue? {
    if case .record(let fields) = self { fields.first { $0.name == name }?.value } else { nil }
  }
}

/// Bytes where they lie in a file or in a page of it, which they keep alive.
public struct ParquetBytes: Sendable {
  let bytes: PageBytes

  public var count: Int { bytes.count }

  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try bytes.withBytes(body)
  }

  /// The bytes as a file, which errors call by this name.
  public func file(named name: String) -> FileBytes { FileBytes(part: bytes.range, of: bytes.holder, name: name) }
}

extension JSON {
  /// The value as JSON has it: bytes as a list of integers, numbers that are none as null.
  public init(_ value: ParquetValue) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .integer(let integer): self = .integer(integer)
    case .number(let number): self = number.isFinite ? .number(number) : .null
    case .text(let text): self = .string(text)
    case .bytes(let bytes): self = .array(bytes.withBytes { $0.map { .integer(Int($0)) } })
    case .list(let elements): self = .array(elements.map { JSON($0) })
    case .record(let fields): self = .object(JSON.Object(fields.map { ($0.name, JSON($0.value)) }))
    }
  }
}
