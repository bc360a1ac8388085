import Glibc

/// Files whose path starts with what is typed.
enum FileCompletion {
  /// Full paths as typed, folders with a slash behind them; hidden ones only when asked for.
  static func candidates(for typed: String) -> [Completions.Candidate] {
    let slash = typed.lastIndex(of: "/")
    let head = slash.map { String(typed[...$0]) } ?? ""
    let start = slash.map { typed[typed.index(after: $0)...] } ?? typed[...]
    guard let folder = opendir(folder(head)) else { return [] }
    defer { closedir(folder) }
    var result: [Completions.Candidate] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(start), name != ".", name != "..", !name.hasPrefix(".") || start.hasPrefix(".") else {
        continue
      }
      var status = stat()
      let isFolder = stat(Self.folder(head) + "/" + name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      result.append(.init(text: head + name + (isFolder ? "/" : "")))
    }
    return result.sorted { $0.text < $1.text }
  }

  private static func folder(_ head: String) -> String {
    if head.isEmpty { return "." }
    guard head.hasPrefix("~/"), let home = Terminal.environment("HOME") else { return head }
    return home + head.dropFirst()
  }
}
