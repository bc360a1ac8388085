/// A data page of a column, unpacked: levels and values of its entries.
struct ColumnPage {
  /// Nulls and places of empty lists included.
  let count: Int
  /// Nil where no entry goes on in a list; counts the entries that begin a row.
  private let repetitions: HybridRuns?
  /// Nil where no entry can be null; counts those that are not.
  private let definitions: HybridRuns?
  private let values: PageValues
  private let physical: ParquetPhysical
  private let leaf: ParquetLeaf

  /// How many rows begin in the page.
  var rowCount: Int { repetitions?.targetCount ?? count }

  /// - Parameter bytes: the page behind its header, as it lies in the file.
  /// - Throws: `PageDamage`, `ParquetProblem.unsupported`.
  init(
    _ header: PageHeader, _ bytes: PageBytes, _ codec: PageCodec, _ leaf: ParquetLeaf, _ physical: ParquetPhysical,
    dictionary: () throws -> ParquetDictionary?
  ) throws {
    count = header.valueCount
    self.leaf = leaf
    self.physical = physical
    var rest: PageBytes
    func levels(_ maximum: Int, _ runs: PageBytes, target: Int) throws -> HybridRuns {
      try HybridRuns(runs, width: Int.bitWidth - maximum.leadingZeroBitCount, count: header.valueCount, target: target)
    }
    if header.kind == .data2 {
      let (repetition, definition) = (header.repetitionLength, header.definitionLength)
      guard let first = bytes.part(0, count: repetition), let second = bytes.part(repetition, count: definition),
        let packed = bytes.from(repetition + definition)
      else { throw PageDamage.endsEarly }
      repetitions = try leaf.maxRepetition > 0 ? levels(leaf.maxRepetition, first, target: 0) : nil
      definitions = try leaf.maxDefinition > 0 ? levels(leaf.maxDefinition, second, target: leaf.maxDefinition) : nil
      // Where every value is null, there is nothing to unpack.
      let codec = header.isCompressed && packed.count > 0 ? codec : .none
      rest = try codec.unpacked(packed, count: header.size - repetition - definition)
    } else {
      rest = try codec.unpacked(bytes, count: header.size)
      func next(_ maximum: Int, _ encoding: Int, target: Int) throws -> HybridRuns? {
        guard maximum > 0 else { return nil }
        guard encoding == 3 else {
          throw ParquetProblem.unsupported("the encoding BIT_PACKED of levels", read: "RLE is")
        }
        guard let length = rest.word(0), let runs = rest.part(4, count: length), let behind = rest.from(4 + length)
        else {
          throw PageDamage.endsEarly
        }
        rest = behind
        return try levels(maximum, runs, target: target)
      }
      repetitions = try next(leaf.maxRepetition, header.repetitionEncoding, target: 0)
      definitions = try next(leaf.maxDefinition, header.definitionEncoding, target: leaf.maxDefinition)
    }
    values = try PageValues(
      rest, encoding: header.encoding, type: physical, count: definitions?.targetCount ?? count, dictionary: dictionary)
  }

  /// The entry that begins a row; `count` behind the last row.
  func start(ofRow row: Int) -> Int { repetitions?.place(ofRank: row) ?? min(row, count) }

  func repetition(_ entry: Int) -> Int { repetitions?[entry] ?? 0 }

  func definition(_ entry: Int) -> Int { definitions?[entry] ?? 0 }

  /// The value of an entry; null where there is none.
  ///
  /// - Throws: `PageDamage`, `ParquetProblem.unsupported`.
  func value(_ entry: Int) throws -> ParquetValue {
    guard let definitions else { return try value(at: entry) }
    guard definitions[entry] == leaf.maxDefinition else { return .null }
    return try value(at: definitions.rank(entry))
  }

  private func value(at place: Int) throws -> ParquetValue {
    if case .places(let places, let dictionary) = values {
      return try dictionary.value(places[place]) { try leaf.meaning.value($0, physical) }
    }
    return try leaf.meaning.value(values.raw(place), physical)
  }
}
