/// What the first part of a safetensors file says, checked against the file.
struct SafetensorsHeader {
  let entries: [Safetensors.Entry]
  let metadata: [String: String]

  /// The same limit as the reference implementation's.
  private static let byteLimit = 100_000_000
  /// Bytes an element takes, for the dtypes whose elements take whole bytes.
  private static let byteCounts: [String: Int] = [
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8, "C64": 8,
  ]

  /// Reads the header of `file`, which will be number `index` of a collection.
  init(_ file: FileBytes, index: Int) throws {
    self = try file.withBytes { try SafetensorsHeader($0, name: file.name, index: index) }
  }

  private init(_ bytes: UnsafeRawBufferPointer, name: String, index: Int) throws {
    func failure(_ problem: SafetensorsProblem) -> CheckpointError { CheckpointError(name, .safetensors(problem)) }
    guard bytes.count >= 8 else { throw failure(.noHeader(byteCount: bytes.count)) }
    let declared = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard declared <= UInt64(Self.byteLimit) else {
      throw failure(.headerTooLong(declared: declared, limit: Self.byteLimit))
    }
    let dataStart = 8 + Int(declared)
    guard dataStart <= bytes.count else {
      throw failure(.headerTruncated(declared: Int(declared), present: bytes.count - 8))
    }
    let dataCount = bytes.count - dataStart
    let header = UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart])
    let root = Field(try JSON.parse(header, file: name), file: name)

    var entries: [Safetensors.Entry] = []
    var metadata: [String: String] = [:]
    for key in try root.object().keys {
      let field = root[key]
      if key == "__metadata__" {
        for text in try field.object().keys { metadata[text] = try field[text].string() }
        continue
      }
      let dtype = try field["dtype"].string()
      let shape = try field["shape"].integers(in: 0...)
      let offsets = try field["data_offsets"].integers(in: 0...)
      guard offsets.count == 2 else { throw field["data_offsets"].mustBe("an array of two integers, start and end") }
      guard offsets[0] <= offsets[1] else {
        throw failure(.offsetsReversed(tensor: key, from: offsets[0], to: offsets[1]))
      }
      guard offsets[1] <= dataCount else { throw failure(.dataTruncated(declared: offsets[1], present: dataCount)) }
      if let elementByteCount = Self.byteCounts[dtype] {
        let byteCount = product(shape + [elementByteCount])
        guard byteCount == offsets[1] - offsets[0] else {
          throw failure(.wrongSize(tensor: key, dtype: dtype, shape: shape, byteCount: offsets[1] - offsets[0]))
        }
      }
      let range = dataStart + offsets[0]..<dataStart + offsets[1]
      entries.append(Safetensors.Entry(name: key, dtype: dtype, shape: shape, range: range, file: index))
    }

    entries.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var end = dataStart
    var last = ""
    for entry in entries {
      guard entry.range.lowerBound >= end else { throw failure(.overlap(first: last, second: entry.name)) }
      guard entry.range.lowerBound == end else {
        throw failure(.hole(before: entry.name, byteCount: entry.range.lowerBound - end))
      }
      end = entry.range.upperBound
      last = entry.name
    }
    guard end == bytes.count else { throw failure(.trailingBytes(count: bytes.count - end)) }
    self.entries = entries
    self.metadata = metadata
  }
}

/// The product of sizes that are not negative, or nil when it does not fit an `Int`.
func product(_ sizes: [Int]) -> Int? {
  var product = 1
  for size in sizes {
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    if overflow { return nil }
    product = next
  }
  return product
}
