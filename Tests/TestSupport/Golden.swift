import Foundation

/// Golden files: what a program must say lies beside the input, and the file name is the fact.
public enum Golden {
  /// Set `STEERSH_UPDATE_GOLDENS=1` to write what is found instead of comparing; then read the difference.
  public static let isUpdating = ProcessInfo.processInfo.environment["STEERSH_UPDATE_GOLDENS"] == "1"

  /// The inputs in `Tests/Golden/<folder>` and the folders inside it, sorted by path.
  public static func inputs(_ folder: String, ending: String = "steer") -> [URL] {
    let root = repositoryRoot.appendingPathComponent("Tests/Golden").appendingPathComponent(folder)
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    return (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == ending }.sorted { $0.path < $1.path }
  }

  /// Compares with the file beside the input that ends in `.expected`. Returns nil when they agree, otherwise the first
  /// line that differs.
  public static func difference(_ found: String, for input: URL) throws -> String? {
    let file = input.deletingPathExtension().appendingPathExtension("expected")
    if isUpdating {
      try Data(found.utf8).write(to: file)
      return nil
    }
    guard let data = FileManager.default.contents(atPath: file.path) else {
      return "there is no \(file.lastPathComponent)"
    }
    let expected = String(decoding: data, as: UTF8.self)
    if expected == found { return nil }
    let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let lines = found.split(separator: "\n", omittingEmptySubsequences: false)
    let line = zip(wanted, lines).prefix { $0 == $1 }.count
    let shown = [(wanted, "expected"), (lines, "found")].map { lines, word in
      "  \(word): \(line < lines.count ? String(lines[line]) : "the end")"
    }
    return "\(file.lastPathComponent):\(line + 1)\n" + shown.joined(separator: "\n")
  }
}
