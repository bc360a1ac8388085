import Checkpoints
import Glibc

/// What the reader of a benchmark may be told.
public struct BenchmarkOptions: Sendable {
  /// Which part, by the name that the authors' files give it; nil for the one that papers report.
  public var split: String?
  /// Where the images lie, when it is not where the authors put them.
  public var images: String?
  /// What follows the question; nil for the paper's words, empty for nothing.
  public var instruction: String?
  /// How many solved examples precede the question, where the benchmark has some.
  public var shots: Int?
  /// Which of the ways to ask that the benchmark knows; nil for the usual one.
  public var manner: String?

  public init() {}

  /// A question and what follows it.
  func asked(_ question: String, _ standard: String) -> String {
    let words = instruction ?? standard
    return words.isEmpty ? question : question + "\n" + words
  }

  /// One of the known names; the first when none is given.
  func split(of known: [String], _ benchmark: String) throws -> String {
    try Self.choice(split, "split", of: known, benchmark)
  }

  /// The same for the manner, by the name that scripts have for it.
  func manner(_ name: String, of known: [String], _ benchmark: String) throws -> String {
    try Self.choice(manner, name, of: known, benchmark)
  }

  private static func choice(
    _ value: String?, _ name: String, of known: [String], _ benchmark: String
  ) throws -> String {
    guard let value else { return known[0] }
    guard known.contains(value) else {
      throw DatasetError(
        benchmark, .value(name: name, expected: "one of \(known.joined(separator: ", "))", found: "\"\(value)\""))
    }
    return value
  }
}

/// The words that LLaVA-1.5 puts after questions (Liu et al. 2023, table 7 and its evaluation guide).
enum Instruction {
  static let shortAnswer = "Answer the question using a single word or phrase."
  static let letter = "Answer with the option's letter from the given choices directly."
}

/// The files of a benchmark as its authors publish them.
struct BenchmarkFolder: Sendable {
  let path: String
  let options: BenchmarkOptions

  /// - Throws: `CheckpointError` for what is no folder.
  init(_ path: String, _ options: BenchmarkOptions, expected: String) throws {
    _ = try FileSource(folder: path, expected: expected)
    self.path = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
    self.options = options
  }

  func contains(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

  /// The path of the first of these files that is there.
  ///
  /// - Throws: `DatasetError.missingFile`, which lists what the folder has.
  func file(_ names: String...) throws -> String {
    guard let found = names.first(where: contains) else {
      throw DatasetError(path, .missingFile(anyOf: names, present: ImageFolder.names(in: path).sorted()))
    }
    return "\(path)/\(found)"
  }

  /// A file of lines; in its stead the Parquet files of a split, in the folder or in `data`, as the hub lays them out.
  ///
  /// - Throws: `DatasetError.missingFile` where there is neither.
  func records(_ lines: String, orSplit split: String) throws -> any RecordReader {
    for place in [path, "\(path)/data"] where !contains(lines) {
      let parts = try ParquetParts.paths(place, split: split)
      if !parts.isEmpty { return try ParquetRecords(path, paths: parts) }
    }
    return try JSONLines(path: file(lines))
  }

  func field(_ path: String) throws -> Field { try Field(FileBytes(path: path)) }

  /// An image that lies in one of these folders, by one of its names; where there is none, the first.
  func image(_ name: String, orElse others: String..., in folders: String...) -> ImageReference {
    let places = options.images.map { [$0] } ?? folders.map { $0.isEmpty ? path : "\(path)/\($0)" }
    let paths = places.flatMap { place in ([name] + others).map { "\(place)/\($0)" } }
    return ImageReference(path: paths.first { access($0, F_OK) == 0 } ?? paths[0])
  }
}

extension Field {
  /// A string, or an integer in decimal: how ids are written.
  func label() throws -> String {
    switch value {
    case .integer(let number): "\(number)"
    case .string(let text): text
    default: throw mustBe("a string or an integer")
    }
  }
}
