import Foundation

/// The built program, in a folder and an environment of its own.
final class Steersh {
  let folder: String
  var environment: [String: String]

  /// Beside the test bundle.
  static let program: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
    let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/steersh"
  }()

  init() throws {
    var template = Array("\(Self.temporaryFolder)/steersh-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Spawn.Failure(description: "no folder to test in") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    environment = [
      "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": folder, "PATH": "/usr/bin:/bin", "TMPDIR": folder,
      "SWIFT_BACKTRACE": "enable=no",
    ]
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  private static var temporaryFolder: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func write(_ text: String, to name: String) throws { try Spawn.write(text, to: path(name)) }

  func read(_ name: String) throws -> String { try Spawn.read(path(name)) }

  /// On pipes, to the end.
  func run(_ arguments: String..., input: String = "") throws -> Spawn.Result {
    try Spawn.run(Self.program, arguments, environment: environment, folder: folder, input: input)
  }

  /// In a command line of bash.
  func sh(_ command: String) throws -> Spawn.Result {
    try Spawn.run("/bin/bash", ["-c", command], environment: environment, folder: folder)
  }

  /// On a terminal.
  func open(_ arguments: String..., rows: Int = 24, columns: Int = 80) throws -> PseudoTerminal {
    try PseudoTerminal(
      Self.program, arguments, environment: environment, folder: folder, rows: rows, columns: columns, owner: self)
  }
}
