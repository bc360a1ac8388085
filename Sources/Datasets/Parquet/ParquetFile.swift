import Checkpoints
import Synchronization

/// A Parquet file. Opening it reads its footer; a column's pages are unpacked when a row of them is asked for, and of each the
/// last one is kept.
final class ParquetFile: Sendable {
  let name: String
  let columns: [ParquetNode]
  let rowCount: Int
  private let file: FileBytes
  private let leaves: [ParquetLeaf]
  private let groups: [ParquetMetadata.RowGroup]
  /// The row that each row group begins with.
  private let starts: [Int]
  /// By leaf.
  private let readers: Mutex<[ColumnReader?]>

  private static let mark = Array("PAR1".utf8)
  private static let encryptedMark = Array("PARE".utf8)

  /// - Throws: `DatasetError`.
  init(_ file: FileBytes) throws {
    self.file = file
    name = file.name
    do {
      let metadata = try file.withBytes { try ParquetMetadata(Self.footer($0)) }
      guard !metadata.isEncrypted else { throw ParquetProblem.encrypted }
      let schema = try ParquetSchema(metadata.schema)
      (columns, leaves, groups) = (schema.columns, schema.leaves, metadata.rowGroups)
      readers = Mutex(Array(repeating: nil, count: schema.leaves.count))
      var (starts, reached) = ([Int](), 0)
      for group in groups {
        guard group.columns.count == leaves.count else {
          throw Self.damaged("a row group has \(group.columns.count) columns, not \(schema.leaves.count)")
        }
        // So large that no file has as many, so small that sums of them are numbers.
        guard (0...1 << 40).contains(group.rowCount) else {
          throw Self.damaged("a row group has \(group.rowCount) rows")
        }
        starts.append(reached)
        reached += group.rowCount
      }
      guard reached == metadata.rowCount else {
        throw Self.damaged("\(metadata.rowCount) rows, and \(reached) in its row groups")
      }
      (self.starts, rowCount) = (starts, reached)
    } catch let problem as ParquetProblem { throw DatasetError(file.name, .parquet(problem)) }
    var seen: Set<[UInt8]> = []
    if let double = columns.first(where: { !seen.insert(Array($0.name.utf8)).inserted }) {
      throw DatasetError(name, .duplicateColumn(double.name))
    }
  }

  private static func damaged(_ what: String) -> ParquetProblem { .damaged("the footer is damaged: \(what)", byte: 0) }

  /// Before the last mark stands the length of the footer.
  private static func footer(_ bytes: UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
    guard bytes.count >= 12 else { throw ParquetProblem.notParquet }
    guard !bytes.suffix(4).elementsEqual(encryptedMark) else { throw ParquetProblem.encrypted }
    guard bytes.prefix(4).elementsEqual(mark), bytes.suffix(4).elementsEqual(mark) else {
      throw ParquetProblem.notParquet
    }
    let end = bytes.count - 8
    let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self)))
    guard length <= end - 4 else { throw damaged("it would have \(length) bytes") }
    return UnsafeRawBufferPointer(rebasing: bytes[end - length..<end])
  }

  /// What these of the columns have in a row.
  ///
  /// - Parameter row: below `rowCount`.
  /// - Throws: `DatasetError` with the column.
  func values(of columns: [Int], row: Int) throws -> [ParquetValue] {
    try withGroup(of: row) { group, row, readers in
      try columns.map { try value(of: self.columns[$0], group, row, &readers) }
    }
  }

  private func value(
    of column: ParquetNode, _ group: Int, _ row: Int, _ readers: inout [ColumnReader?]
  ) throws -> ParquetValue {
    if case .leaf = column.kind {
      return try reader(column.leaves.lowerBound, group, &readers) { try $0.value(ofRow: row).value }
    }
    let entries = try column.leaves.map { leaf in
      try reader(leaf, group, &readers) { reader in
        guard reader.leaf.maxRepetition == 0 else { return try reader.entries(ofRow: row) }
        let (value, definition) = try reader.value(ofRow: row)
        var entries = LeafEntries()
        entries.append(0, definition, value)
        return entries
      }
    }
    do { return try RowAssembly.value(of: column, entries) } catch let damage as PageDamage {
      throw ParquetProblem.column(
        column.name, .damaged("row \(row + 1) of row group \(group + 1): \(damage.what)", byte: 0))
    }
  }

  /// Whether a column that is no list is null in a row; looks at the part of it that takes the fewest bytes.
  func isNull(_ column: ParquetNode, row: Int) throws -> Bool {
    guard column.isOptional else { return false }
    return try withGroup(of: row) { group, row, readers in
      let chunks = groups[group].columns
      let leaf = column.leaves.min { chunks[$0].compressedSize < chunks[$1].compressedSize } ?? column.leaves.lowerBound
      return try reader(leaf, group, &readers) { reader in
        let definition =
          try reader.leaf.maxRepetition == 0
          ? reader.value(ofRow: row).definition : reader.entries(ofRow: row).definitions.first ?? 0
        return definition < column.definition
      }
    }
  }

  /// Whether some column has bytes, or a type or compression that is not read.
  var isReadByColumn: Bool {
    leaves.contains { $0.meaning == .bytes || $0.meaning.isUnknown }
      || groups.contains { $0.columns.contains { PageCodec(rawValue: $0.codec) == nil } }
  }

  /// Forgets the pages that are unpacked.
  func release() { readers.withLock { $0 = Array(repeating: nil, count: leaves.count) } }

  /// - Parameter body: gets the row group, the row in it and the readers, which nobody else has meanwhile.
  private func withGroup<Result: Sendable>(
    of row: Int, _ body: (Int, Int, inout [ColumnReader?]) throws -> Result
  ) throws -> Result {
    let group = starts.lastIndex(whileEarly: { $0 <= row })
    do {
      return try readers.withLock { try body(group, row - starts[group], &$0) }
    } catch let problem as ParquetProblem { throw DatasetError(name, .parquet(problem)) }
  }

  private func reader<Result>(
    _ leaf: Int, _ group: Int, _ readers: inout [ColumnReader?], _ body: (ColumnReader) throws -> Result
  ) throws -> Result {
    do {
      if let reader = readers[leaf], reader.group == group { return try body(reader) }
      readers[leaf] = nil
      let rows = groups[group]
      let reader = try ColumnReader(file, rows.columns[leaf], leaves[leaf], group: group, rowCount: rows.rowCount)
      readers[leaf] = reader
      return try body(reader)
    } catch let problem as ParquetProblem { throw ParquetProblem.column(leaves[leaf].path, problem) }
  }
}
