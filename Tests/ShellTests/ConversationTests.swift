import Foundation
import Testing
import TestSupport

/// Whole conversations: each file of Tests/Golden/repl is what the screen shows at its end.
@Suite struct ConversationTests {
  private static let folder = repositoryRoot.appendingPathComponent("Tests/Golden/repl")

  static var names: [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".txt") }.sorted()
  }

  @Test func thereAreSome() {
    #expect(Self.names.count >= 2)
  }

  @Test(arguments: names) func goesAsWritten(name: String) throws {
    let wanted = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    let chunks = wanted.split(separator: "\n").compactMap { line in Self.chunk(in: line) }
    let shell = try Steersh()
    shell.environment["NO_COLOR"] = "1"
    let terminal = try shell.open(rows: 200, columns: 100)
    for (index, chunk) in chunks.enumerated() {
      try terminal.wait("prompt \(index + 1)") { Self.prompts($0) == index + 1 && Self.isAtPrompt($0) }
      if !chunk.isEmpty { terminal.enter(chunk) }
    }
    let shown = terminal.screen.lines.dropFirst().joined(separator: "\n")
    #expect(Self.trimmed(shown) == Self.trimmed(wanted), "\(shown)")
  }

  /// What stands behind `3› `.
  private static func chunk(in line: Substring) -> String? {
    let number = line.prefix { $0.isNumber }
    let rest = line.dropFirst(number.count)
    guard !number.isEmpty, rest.first == "›" else { return nil }
    return rest.dropFirst().trimmingCharacters(in: .whitespaces)
  }

  private static func prompts(_ screen: Screen) -> Int { screen.lines.filter { chunk(in: $0[...]) != nil }.count }

  private static func isAtPrompt(_ screen: Screen) -> Bool {
    screen.lines.last { !$0.isEmpty }.flatMap { chunk(in: $0[...]) } == ""
  }

  private static func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
}
