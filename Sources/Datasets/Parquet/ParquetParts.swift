import Checkpoints
import Glibc

/// Which files a path stands for: itself, the parts in a folder, or those that fit a pattern.
enum ParquetParts {
  static let ending = ".parquet"

  /// Whether a folder has Parquet files and no pictures beside them.
  static func areIn(_ folder: String) -> Bool {
    let names = ImageFolder.names(in: folder)
    return names.contains { $0.hasSuffix(ending) }
      && !names.contains { ImageFolder.endings.contains($0.split(separator: ".").last?.lowercased() ?? "") }
  }

  /// Ordered by name, byte by byte.
  ///
  /// - Throws: `DatasetError` for a folder with parts of several data sets, or with one of them missing.
  static func paths(_ path: String) throws -> [String] {
    if ImageFolder.isFolder(path) {
      let folder = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
      let names = ordered(ImageFolder.names(in: folder).filter { $0.hasSuffix(ending) })
      guard !names.isEmpty else { throw DatasetError(path, .noRecords) }
      try check(names, path)
      return names.map { "\(folder)/\($0)" }
    }
    guard isPattern(path) else { return [path] }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let folder = parts.dropLast().joined(separator: "/")
    let pattern = String(parts[parts.count - 1])
    let place = folder.isEmpty ? (parts.count > 1 ? "/" : ".") : folder
    let names = ordered(ImageFolder.names(in: place).filter { fnmatch(pattern, $0, 0) == 0 })
    guard !names.isEmpty else {
      let present = ordered(ImageFolder.names(in: place).filter { $0.hasSuffix(ending) })
      throw DatasetError(place, .missingFile(anyOf: [pattern], present: present))
    }
    return names.map { parts.count > 1 ? "\(folder)/\($0)" : $0 }
  }

  /// The parts of one split in a folder, `validation-00000-of-00001.parquet` and its like; none where it has none.
  ///
  /// - Throws: `DatasetError` where one of them is missing.
  static func paths(_ folder: String, split: String) throws -> [String] {
    let names = ordered(ImageFolder.names(in: folder).filter { Name($0).set == "\(split)-*\(ending)" })
    if !names.isEmpty { try check(names, folder) }
    return names.map { "\(folder)/\($0)" }
  }

  /// `train-*.parquet`, unless there is a file of that name.
  static func isPattern(_ path: String) -> Bool {
    path.hasSuffix(ending) && path.contains { "*?[".contains($0) } && access(path, F_OK) != 0
  }

  private static func ordered(_ names: [String]) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// A part's name: `train-00001-of-00004.parquet`, with more behind the numbers in older ones.
  private struct Name {
    /// What its data set is called as a pattern; itself where it has no number.
    let set: String
    let total: Int?

    init(_ name: String) {
      let stem = name.hasSuffix(ending) ? name.dropLast(ending.count) : ""
      if let found = stem.firstMatch(of: /-(\d{5})-of-(\d{5})/) {
        set = stem[..<found.range.lowerBound] + "-*" + ending
        total = Int(found.2)
      } else if let digit = stem.firstIndex(where: \.isNumber) {
        set = stem[..<digit] + "*" + ending
        total = nil
      } else {
        (set, total) = (name, nil)
      }
    }
  }

  private static func check(_ names: [String], _ folder: String) throws {
    let parts = names.map { Name($0) }
    let sets = Set(parts.map(\.set))
    guard sets.count == 1 else { throw DatasetError(folder, .parquet(.severalSets(ordered(Array(sets))))) }
    guard let total = parts[0].total, parts.allSatisfy({ $0.total == total }) else { return }
    func padded(_ number: Int) -> String { String(repeating: "0", count: max(5 - "\(number)".count, 0)) + "\(number)" }
    for number in 0..<total where !names.contains(where: { $0.contains("-\(padded(number))-of-") }) {
      let name = parts[0].set.replacing("*", with: "\(padded(number))-of-\(padded(total))")
      throw DatasetError(folder, .parquet(.missingPart(name)))
    }
  }
}
