/// What is wrong with a Parquet file, or what of it is not read.
public enum ParquetProblem: Error, Equatable {
  case notParquet
  case encrypted
  /// Something does not add up at this offset of the file, or of a page once it is unpacked.
  case damaged(String, byte: Int)
  /// The page that begins at this offset of the file.
  case page(String, byte: Int)
  /// By its name in the format: a codec, an encoding, a type.
  case unsupported(String, read: String)
  case tooMany(String, limit: Int)
  indirect case column(String, ParquetProblem)
  /// Files that should be parts of one data set differ.
  case otherColumns(found: [String], expected: [String])
  case severalSets([String])
  case missingPart(String)
}

extension ParquetProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notParquet: "this is no whole Parquet file: it must begin and end with PAR1; was it fetched to the end?"
    case .encrypted: "it is encrypted, which is not read"
    case .damaged(let what, let byte): "byte \(byte): \(what)"
    case .page(let what, let byte): "the page at byte \(byte) is damaged: \(what)"
    case .unsupported(let what, let read): "\(what) is not read (\(read)); write the file again with one that is"
    case .tooMany(let what, let limit): "there are more than \(limit) \(what), which are not read"
    case .column(let name, let problem): "column \(name): \(problem)"
    case .otherColumns(let found, let expected):
      "its columns are \(found.joined(separator: ", ")), those of the first file \(expected.joined(separator: ", "))"
    case .severalSets(let names):
      "the folder has parts of several data sets: \(names.joined(separator: ", ")); say which, as \"…/\(names[0])\""
    case .missingPart(let name): "the part \(name) is missing; fetch it, or name the parts that are there with a *"
    }
  }
}
