import Checkpoints

/// One leaf of one row group: where its pages lie, its dictionary, and the page that was asked for last.
final class ColumnReader {
  let leaf: ParquetLeaf
  let group: Int
  private let file: FileBytes
  private let codec: PageCodec
  private let physical: ParquetPhysical
  private let rowCount: Int
  private var pages: [Place] = []
  private var dictionaryPlace: Place?
  private var dictionary: ParquetDictionary?
  /// How many rows begin before each page; known as far as it was needed where rows have lists.
  private var starts = [0]
  private var recent: (number: Int, page: ColumnPage)?

  private struct Place {
    let header: PageHeader
    let offset: Int
    let bytes: PageBytes
  }

  /// The most elements that a row may have, in all its lists of one leaf, and the most bytes. Damaged files promise any number.
  static let mostElements = 1 << 24
  static let mostBytes = 1 << 30

  /// Goes through the headers of the pages; nothing is unpacked.
  ///
  /// - Throws: `ParquetProblem`.
  init(
    _ file: FileBytes, _ chunk: ParquetMetadata.Chunk, _ leaf: ParquetLeaf, group: Int, rowCount: Int
  ) throws {
    (self.file, self.leaf, self.group, self.rowCount) = (file, leaf, group, rowCount)
    guard !chunk.isElsewhere else {
      throw ParquetProblem.unsupported("a column in another file", read: "columns in it are")
    }
    guard !chunk.isEncrypted else { throw ParquetProblem.encrypted }
    guard let physical = leaf.physical else {
      throw ParquetProblem.unsupported("the type number \(chunk.type)", read: "those up to FIXED_LEN_BYTE_ARRAY are")
    }
    if case .unknown(let name) = leaf.meaning {
      throw ParquetProblem.unsupported("the type \(name)", read: "others are")
    }
    self.physical = physical
    codec = try PageCodec(number: chunk.codec)
    var start = chunk.dataOffset
    // Some writers leave a zero where there is no dictionary.
    if let offset = chunk.dictionaryOffset, offset > 0, offset < start { start = offset }
    guard start >= 4, chunk.compressedSize >= 0, start <= file.count, chunk.compressedSize <= file.count - start else {
      throw ParquetProblem.damaged(
        "\(chunk.compressedSize) bytes of pages from here are more than the file has", byte: start)
    }
    let entries = try findPages(start..<start + chunk.compressedSize, chunk.valueCount)
    guard entries == chunk.valueCount, leaf.maxRepetition > 0 || entries == rowCount else {
      throw ParquetProblem.damaged(
        "the pages from here have \(entries) values, not \(leaf.maxRepetition > 0 ? chunk.valueCount : rowCount)",
        byte: start)
    }
  }

  private func findPages(_ range: Range<Int>, _ valueCount: Int) throws -> Int {
    try file.withBytes { raw in
      var (offset, entries) = (range.lowerBound, 0)
      let chunk = UnsafeRawBufferPointer(rebasing: raw[..<range.upperBound])
      while offset < range.upperBound, entries < valueCount {
        var reader = ThriftReader(chunk, at: offset)
        let header = try PageHeader(&reader)
        let content = reader.position
        guard header.size >= 0, header.compressedSize >= 0, header.compressedSize <= range.upperBound - content,
          (0...Int(Int32.max)).contains(header.valueCount), header.size <= Int(Int32.max)
        else { throw ParquetProblem.page("its sizes do not fit the column", byte: offset) }
        let place = Place(
          header: header, offset: offset, bytes: PageBytes(file, content..<content + header.compressedSize))
        switch header.kind {
        case .dictionary: if dictionaryPlace == nil { dictionaryPlace = place }
        case .data, .data2:
          pages.append(place)
          entries += header.valueCount
          if leaf.maxRepetition == 0 { starts.append(entries) }
        case .other: break
        }
        offset = content + header.compressedSize
      }
      return entries
    }
  }

  /// What a row has, where the leaf lies in no list.
  func value(ofRow row: Int) throws -> (value: ParquetValue, definition: Int) {
    let number = try page(ofRow: row)
    return try open(number) { page in
      let entry = row - starts[number]
      return (try page.value(entry), page.definition(entry))
    }
  }

  /// The entries of a row: those up to the next that begins one, which may lie in pages behind.
  func entries(ofRow row: Int) throws -> LeafEntries {
    var number = try page(ofRow: row)
    var entries = LeafEntries()
    var next = try open(number) { $0.start(ofRow: row - starts[number]) }
    while true {
      let isDone = try open(number) { page in
        repeat {
          guard next < page.count else { return false }
          guard entries.count < Self.mostElements else {
            throw ParquetProblem.tooMany("elements in a row", limit: Self.mostElements)
          }
          entries.append(page.repetition(next), page.definition(next), try page.value(next))
          guard entries.size < Self.mostBytes else {
            throw ParquetProblem.tooMany("bytes in a row", limit: Self.mostBytes)
          }
          next += 1
        } while next == page.count || page.repetition(next) > 0
        return true
      }
      guard !isDone, number + 1 < pages.count else { return entries }
      (number, next) = (number + 1, 0)
      guard try open(number, { $0.start(ofRow: 0) > 0 }) else { return entries }
    }
  }

  /// The page in which a row begins.
  private func page(ofRow row: Int) throws -> Int {
    while starts[starts.count - 1] <= row {
      let number = starts.count - 1
      guard number < pages.count else {
        throw ParquetProblem.damaged(
          "the row group has \(starts[number]) rows of it, not \(rowCount)", byte: pages.last?.offset ?? 0)
      }
      let header = pages[number].header
      let count = try header.kind == .data2 ? header.rowCount : open(number) { $0.rowCount }
      guard count >= 0, count <= header.valueCount else {
        throw ParquetProblem.page("it has \(count) rows", byte: pages[number].offset)
      }
      starts.append(starts[number] + count)
    }
    // The last page that begins at this row or before it, and has rows.
    return starts.lastIndex(whileEarly: { $0 <= row })
  }

  /// The page of this number; errors say where it lies.
  private func open<Result>(_ number: Int, _ body: (ColumnPage) throws -> Result) throws -> Result {
    let place = pages[number]
    do {
      if let recent, recent.number == number { return try body(recent.page) }
      recent = nil
      try check(place)
      let page = try ColumnPage(place.header, place.bytes, codec, leaf, physical) { try readDictionary() }
      if leaf.maxRepetition > 0, place.header.kind == .data2, page.rowCount != place.header.rowCount {
        throw PageDamage("\(page.rowCount) rows begin in it, not \(place.header.rowCount)")
      }
      recent = (number, page)
      return try body(page)
    } catch let damage as PageDamage { throw ParquetProblem.page(damage.what, byte: place.offset) }
  }

  private func readDictionary() throws -> ParquetDictionary? {
    guard dictionary == nil, let place = dictionaryPlace else { return dictionary }
    do {
      try check(place)
      let bytes = try codec.unpacked(place.bytes, count: place.header.size)
      guard place.header.encoding == 0 || place.header.encoding == 2 else {
        throw PageDamage("the dictionary has the encoding number \(place.header.encoding)")
      }
      let count = place.header.valueCount
      let values = try PageValues(bytes, encoding: 0, type: physical, count: count) { nil }
      dictionary = ParquetDictionary(values, count: count)
      return dictionary
    } catch let damage as PageDamage { throw ParquetProblem.page(damage.what, byte: place.offset) }
  }

  private func check(_ place: Place) throws {
    guard let checksum = place.header.checksum else { return }
    guard PageCodec.checksum(place.bytes) == checksum else { throw PageDamage("its checksum is another") }
  }
}

/// What one leaf has in one row.
struct LeafEntries {
  private(set) var repetitions: [Int] = []
  private(set) var definitions: [Int] = []
  private(set) var values: [ParquetValue] = []
  /// About how many bytes the values take.
  private(set) var size = 0

  var count: Int { values.count }

  mutating func append(_ repetition: Int, _ definition: Int, _ value: ParquetValue) {
    repetitions.append(repetition)
    definitions.append(definition)
    values.append(value)
    switch value {
    case .text(let text): size += text.utf8.count
    case .bytes(let bytes): size += bytes.count
    default: break
    }
  }
}
