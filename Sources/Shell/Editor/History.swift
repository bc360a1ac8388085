import Glibc
import Syntax

/// The chunks submitted so far, of this session and those before, oldest first, each once.
///
/// On disk one JSON object a line, appended when a chunk is submitted: sessions side by side keep each other's lines.
final class History {
  /// Chunks kept on disk.
  static let capacity = 5000

  private let path: String?
  private var chunks: [String] = []
  private var isLoaded = false
  /// Why nothing is kept, to be told once.
  private(set) var problem: FileError?

  /// - Parameter path: nil for a history that ends with the session.
  init(path: String?) { self.path = path }

  /// `STEERSH_HISTORY`, where empty means none; else under the XDG state folder.
  static var defaultPath: String? {
    if let path = Terminal.environment("STEERSH_HISTORY") { return path.isEmpty ? nil : path }
    return stateFolder.map { "\($0)/history.jsonl" }
  }

  /// Where steersh keeps what outlives a session.
  static var stateFolder: String? {
    if let state = Terminal.environment("XDG_STATE_HOME"), state.hasPrefix("/") { return "\(state)/steersh" }
    guard let home = Terminal.environment("HOME"), home.hasPrefix("/") else { return nil }
    return "\(home)/.local/state/steersh"
  }

  /// Read from disk when first asked for: most sessions start without it.
  var entries: [String] {
    load()
    return chunks
  }

  /// Keeps a chunk, on disk too unless it is only for this session.
  func append(_ chunk: String, keeping: Bool = true) {
    let isRepeated = chunks.last == chunk
    if !isRepeated {
      chunks.removeAll { $0 == chunk }
      chunks.append(chunk)
    }
    guard keeping, !isRepeated, let path, problem == nil else { return }
    do {
      try TextFile.makeFolder(TextFile.folder(of: path))
      try TextFile.append(Self.line(chunk), to: path)
    } catch { problem = error }
  }

  private static func line(_ chunk: String) -> String {
    "{\"time\":\(time(nil)),\"text\":\(DiagnosticRenderer.quoted(chunk))}\n"
  }

  private func load() {
    guard !isLoaded else { return }
    isLoaded = true
    guard let path, access(path, F_OK) == 0 else { return }
    let text: String
    do { text = try TextFile.read(path) } catch {
      problem = error
      return
    }
    let lines = text.split(separator: "\n")
    // Chunks of this session are in the file as well; the newest of equal ones stays.
    var seen = Set(chunks)
    var older: [String] = []
    for line in lines.reversed() {
      guard let chunk = JSONText.string("text", in: line), seen.insert(chunk).inserted else { continue }
      older.append(chunk)
      if older.count == Self.capacity { break }
    }
    older.reverse()
    chunks = older + chunks
    if lines.count > 2 * Self.capacity {
      try? TextFile.replace(path, with: chunks.map(Self.line).joined())
    }
  }
}
