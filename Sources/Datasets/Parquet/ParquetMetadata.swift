/// What the footer of a Parquet file says, as it says it.
struct ParquetMetadata {
  /// Depth first, the root first.
  var schema: [Element] = []
  var rowCount = 0
  var rowGroups: [RowGroup] = []
  var isEncrypted = false

  struct Element {
    var name = ""
    /// The number of the physical type; nil for a group.
    var type: Int?
    var length = 0
    /// 0 required, 1 optional, 2 repeated.
    var repetition = 0
    var childCount = 0
    /// The older annotation.
    var converted: Int?
    var logical: Logical?
    var scale = 0
  }

  /// The newer annotation: the number of its kind and what some kinds say.
  struct Logical {
    var kind = 0
    /// 1 milliseconds, 2 microseconds, 3 nanoseconds.
    var unit = 0
    var isUTC = false
    var scale = 0
    var isSigned = true
  }

  struct RowGroup {
    var rowCount = 0
    var columns: [Chunk] = []
  }

  /// One column of one row group.
  struct Chunk {
    var isElsewhere = false
    var isEncrypted = false
    var type = -1
    var codec = 0
    var valueCount = 0
    var compressedSize = 0
    var dataOffset = 0
    var dictionaryOffset: Int?
  }

  /// - Parameter bytes: the footer.
  init(_ bytes: UnsafeRawBufferPointer) throws {
    var reader = ThriftReader(bytes)
    try reader.structure { reader, field, kind in
      switch field {
      case 2: try reader.list(kind) { try schema.append(Self.element(&$0, $1)) }
      case 3: rowCount = try reader.integer(kind)
      case 4: try reader.list(kind) { try rowGroups.append(Self.rowGroup(&$0, $1)) }
      case 8:
        isEncrypted = true
        try reader.skip(kind)
      default: try reader.skip(kind)
      }
    }
  }

  private static func element(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws -> Element {
    var element = Element()
    try reader.structure(kind) { reader, field, kind in
      switch field {
      case 1: element.type = try reader.integer(kind)
      case 2: element.length = try reader.integer(kind)
      case 3: element.repetition = try reader.integer(kind)
      case 4: element.name = try reader.text(kind)
      case 5: element.childCount = try reader.integer(kind)
      case 6: element.converted = try reader.integer(kind)
      case 7: element.scale = try reader.integer(kind)
      case 10: element.logical = try logical(&reader, kind)
      default: try reader.skip(kind)
      }
    }
    return element
  }

  private static func logical(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws -> Logical {
    var logical = Logical()
    try reader.structure(kind) { reader, number, kind in
      logical.kind = number
      try reader.structure(kind) { reader, field, kind in
        switch (number, field) {
        case (5, 1): logical.scale = try reader.integer(kind)
        case (7, 1), (8, 1): logical.isUTC = try reader.bool(kind)
        case (7, 2), (8, 2):
          try reader.structure(kind) { reader, unit, kind in
            logical.unit = unit
            try reader.skip(kind)
          }
        case (10, 2): logical.isSigned = try reader.bool(kind)
        default: try reader.skip(kind)
        }
      }
    }
    return logical
  }

  private static func rowGroup(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws -> RowGroup {
    var group = RowGroup()
    try reader.structure(kind) { reader, field, kind in
      switch field {
      case 1: try reader.list(kind) { try group.columns.append(chunk(&$0, $1)) }
      case 3: group.rowCount = try reader.integer(kind)
      default: try reader.skip(kind)
      }
    }
    return group
  }

  private static func chunk(_ reader: inout ThriftReader, _ kind: ThriftReader.Kind) throws -> Chunk {
    var chunk = Chunk()
    try reader.structure(kind) { reader, field, kind in
      switch field {
      case 1:
        chunk.isElsewhere = true
        try reader.skip(kind)
      case 3:
        try reader.structure(kind) { reader, field, kind in
          switch field {
          case 1: chunk.type = try reader.integer(kind)
          case 4: chunk.codec = try reader.integer(kind)
          case 5: chunk.valueCount = try reader.integer(kind)
          case 7: chunk.compressedSize = try reader.integer(kind)
          case 9: chunk.dataOffset = try reader.integer(kind)
          case 11: chunk.dictionaryOffset = try reader.integer(kind)
          default: try reader.skip(kind)
          }
        }
      case 8, 9:
        chunk.isEncrypted = true
        try reader.skip(kind)
      default: try reader.skip(kind)
      }
    }
    return chunk
  }
}
