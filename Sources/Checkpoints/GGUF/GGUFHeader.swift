/// What the first part of a GGUF file says, checked against the file.
struct GGUFHeader {
  private(set) var metadata: [(key: String, value: GGUFValue)] = []
  private(set) var entries: [GGUF.Entry] = []
  private(set) var values: [UTF8Key: GGUFValue] = [:]
  private(set) var positions: [UTF8Key: Int] = [:]

  static let versions: ClosedRange<UInt32> = 2...3
  private static let mostAxes = 4

  private struct Info {
    let name: String
    let shape: [Int]
    let type: GGUFType
    let offset: UInt64
    let count: Int
  }

  init(_ bytes: UnsafeRawBufferPointer, of file: FileBytes) throws {
    var cursor = GGUFCursor(bytes, of: file, at: 4)
    guard bytes.count >= 24, bytes.starts(with: "GGUF".utf8) else {
      throw cursor.failure(.notGGUF(byteCount: bytes.count))
    }
    let version = try cursor.word("the version")
    guard Self.versions.contains(version) else {
      throw cursor.failure(Self.versions.contains(version.byteSwapped) ? .bigEndian : .version(version))
    }
    // A tensor takes a name's length, axes, a type and an offset; a value a key's length, a type and a byte.
    let tensorCount = try cursor.count(of: 24, "the number of tensors")
    let valueCount = try cursor.count(of: 13, "the number of metadata values")
    for _ in 0..<valueCount { try readValue(&cursor) }
    var infos: [Info] = []
    for _ in 0..<tensorCount { infos.append(try readTensor(&cursor)) }
    let alignment = try alignment(cursor)
    let start = (cursor.position + alignment - 1) / alignment * alignment
    for info in infos { entries.append(try entry(info, start, bytes.count, alignment, cursor)) }
    try refuseOverlap(cursor)
  }

  private mutating func readValue(_ cursor: inout GGUFCursor) throws {
    let start = cursor.position
    let key = try cursor.string("a key")
    let value = try cursor.value(of: key)
    guard values.updateValue(value, forKey: UTF8Key(key)) == nil else {
      throw cursor.failure(.duplicateKey(key, byte: start))
    }
    metadata.append((key, value))
  }

  private mutating func readTensor(_ cursor: inout GGUFCursor) throws -> Info {
    let start = cursor.position
    let name = try cursor.string("a tensor's name")
    guard positions.updateValue(positions.count, forKey: UTF8Key(name)) == nil else {
      throw cursor.failure(.duplicateTensor(name, byte: start))
    }
    let axesAt = cursor.position
    let rank = try cursor.word("the number of axes of \(name)")
    guard rank <= Self.mostAxes else { throw cursor.failure(.rank(tensor: name, rank: rank, byte: axesAt)) }
    var shape: [Int] = []
    for _ in 0..<rank {
      let byte = cursor.position
      guard let size = Int(exactly: try cursor.long("an axis of \(name)")) else {
        throw cursor.failure(.tooLarge(tensor: name, byte: byte))
      }
      shape.insert(size, at: 0)
    }
    let typeAt = cursor.position
    let code = try cursor.word("the type of \(name)")
    guard let type = GGUFType.numbered(code) else {
      throw cursor.failure(.unknownType(tensor: name, code: code, byte: typeAt))
    }
    // Zero sizes must not hide others that no product could hold.
    guard let count = product(shape), product(shape.map { max($0, 1) } + [8]) != nil else {
      throw cursor.failure(.tooLarge(tensor: name, byte: axesAt + 4))
    }
    return Info(name: name, shape: shape, type: type, offset: try cursor.long("the offset of \(name)"), count: count)
  }

  private func alignment(_ cursor: GGUFCursor) throws -> Int {
    let key = "general.alignment"
    guard let value = values[UTF8Key(key)] else { return 32 }
    guard case .integer(let alignment) = value else {
      throw cursor.failure(.wrongValue(key: key, expected: "an integer", found: value.summary))
    }
    guard (8...65536).contains(alignment), alignment & (alignment - 1) == 0 else {
      throw cursor.failure(.alignment(alignment))
    }
    return alignment
  }

  private func entry(
    _ info: Info, _ start: Int, _ byteCount: Int, _ alignment: Int, _ cursor: GGUFCursor
  ) throws -> GGUF.Entry {
    let row = info.shape.last ?? 1
    guard let count = info.type.byteCount(of: info.count, row: row) else {
      throw cursor.failure(
        .partialBlock(tensor: info.name, type: info.type.name, row: row, block: info.type.count))
    }
    guard info.offset % UInt64(alignment) == 0 else {
      throw cursor.failure(.misaligned(tensor: info.name, offset: info.offset, alignment: alignment))
    }
    // An empty tensor may stand behind the last byte.
    guard let offset = Int(exactly: info.offset), offset <= max(byteCount - start, 0),
      count <= max(byteCount - start, 0) - offset, count == 0 || start + offset + count <= byteCount
    else {
      let from = Int(clamping: UInt64(start).addingReportingOverflow(info.offset).partialValue)
      throw cursor.failure(.outside(tensor: info.name, from: from, count: count, present: byteCount))
    }
    let from = min(start + offset, byteCount)
    return GGUF.Entry(name: info.name, shape: info.shape, range: from..<from + count, storage: info.type)
  }

  private func refuseOverlap(_ cursor: GGUFCursor) throws {
    let sorted = entries.filter { !$0.range.isEmpty }.sorted { $0.range.lowerBound < $1.range.lowerBound }
    for (first, second) in zip(sorted, sorted.dropFirst()) where second.range.lowerBound < first.range.upperBound {
      throw cursor.failure(.overlap(first: first.name, second: second.name, byte: second.range.lowerBound))
    }
  }
}
