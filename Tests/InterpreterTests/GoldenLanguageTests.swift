import Foundation
import Syntax
import TestSupport
import Testing

@testable import Interpreter

/// Every program in `Tests/Golden/language` carries its expectations: `expression # => value`.
@Suite struct GoldenLanguageTests {
  static let programs = goldenFiles("language", suffix: ".steer")

  @Test func thereArePrograms() { #expect(Self.programs.count >= 8) }

  @Test(arguments: programs) func program(_ url: URL) throws {
    let source = SourceText(name: url.lastPathComponent, try String(contentsOf: url, encoding: .utf8))
    let lines = String(decoding: source.bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    var expected: [Int: String] = [:]
    for (number, line) in lines.enumerated() {
      if let mark = line.range(of: "# => ") { expected[number + 1] = String(line[mark.upperBound...]) }
    }
    #expect(!expected.isEmpty)
    let session = try Harness().session
    session.didRun = { result in
      let line = source.position(of: result.statement.span.upper).line
      guard let value = result.value, let wanted = expected.removeValue(forKey: line) else { return }
      #expect(value.rendered(.short) == wanted, "\(source.name):\(line): \(result.text)")
    }
    do {
      try session.evaluate(source)
    } catch let failure as CompileFailure {
      Issue.record("\(DiagnosticRenderer().render(failure.diagnostics))")
    } catch {
      Issue.record("\(DiagnosticRenderer().render(ScriptError(error).diagnostic))")
    }
    #expect(expected.isEmpty, "expectations that were never reached: \(expected)")
  }
}

/// The files of a folder of `Tests/Golden`, sorted by name.
func goldenFiles(_ folder: String, suffix: String) -> [URL] {
  let root = repositoryRoot.appendingPathComponent("Tests/Golden/\(folder)")
  let files = (try? FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)) ?? []
  return files.filter { $0.lastPathComponent.hasSuffix(suffix) }.sorted { $0.path < $1.path }
}
