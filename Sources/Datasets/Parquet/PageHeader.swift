/// What stands before each page of a column.
struct PageHeader {
  enum Kind: Equatable {
    case data
    case data2
    case dictionary
    /// An index, or something of a later version.
    case other
  }

  var kind = Kind.other
  /// Bytes behind the header, as they lie in the file and unpacked.
  var compressedSize = -1
  var size = -1
  var checksum: UInt32?
  /// Entries, nulls included.
  var valueCount = 0
  var encoding = 0
  var definitionEncoding = 3
  var repetitionEncoding = 3
  /// Of the second version of data pages, whose levels lie before what is compressed.
  var rowCount = 0
  var definitionLength = 0
  var repetitionLength = 0
  var isCompressed = true

  init(_ reader: inout ThriftReader) throws {
    var number = -1
    try reader.structure { reader, field, kind in
      switch field {
      case 1: number = try reader.integer(kind)
      case 2: size = try reader.integer(kind)
      case 3: compressedSize = try reader.integer(kind)
      case 4: checksum = UInt32(truncatingIfNeeded: try reader.integer(kind))
      case 5, 7, 8: try read(&reader, kind, of: field)
      default: try reader.skip(kind)
      }
    }
    switch number {
    case 0: kind = .data
    case 2: kind = .dictionary
    case 3: kind = .data2
    default: kind = .other
    }
  }

  private mutating func read(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind, of part: Int) throws {
    try reader.structure(kind) { reader, field, kind in
      switch (part, field) {
      case (_, 1): valueCount = try reader.integer(kind)
      case (5, 2), (7, 2), (8, 4): encoding = try reader.integer(kind)
      case (5, 3): definitionEncoding = try reader.integer(kind)
      case (5, 4): repetitionEncoding = try reader.integer(kind)
      case (8, 3): rowCount = try reader.integer(kind)
      case (8, 5): definitionLength = try reader.integer(kind)
      case (8, 6): repetitionLength = try reader.integer(kind)
      case (8, 7): isCompressed = try reader.bool(kind)
      default: try reader.skip(kind)
      }
    }
  }
}
