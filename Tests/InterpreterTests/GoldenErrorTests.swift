import Foundation
import Syntax
import TestSupport
import Testing

@testable import Interpreter

/// Every script in `Tests/Golden/errors` fails with the text in the `.expected` file beside it.
///
/// After a deliberate change, `STEERSH_UPDATE_GOLDEN=1 swift test --filter GoldenErrorTests` writes the files anew; read
/// the difference before committing it.
@Suite struct GoldenErrorTests {
  static let scripts = goldenFiles("errors", suffix: ".steer")

  /// Codes that no script alone can cause; other tests do.
  static let causedElsewhere: Set<DiagnosticCode> = [.interrupted, .badInput, .unboundNative, .hostFailure]

  @Test(arguments: scripts) func message(_ script: URL) throws {
    let text = try String(contentsOf: script, encoding: .utf8)
    let found = try Harness().diagnostics(asFile: text, name: script.lastPathComponent)
    #expect(!found.isEmpty, "the script does not fail")
    let rendered = DiagnosticRenderer(width: 100).render(found)
    let file = script.deletingPathExtension().appendingPathExtension("expected")
    if ProcessInfo.processInfo.environment["STEERSH_UPDATE_GOLDEN"] == "1" {
      try rendered.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == rendered)
  }

  @Test func everyCodeHasAScript() throws {
    var seen = Self.causedElsewhere
    for script in Self.scripts {
      let text = try String(contentsOf: script, encoding: .utf8)
      seen.formUnion(try Harness().diagnostics(asFile: text, name: script.lastPathComponent).map(\.code))
    }
    #expect(DiagnosticCode.interpreter.filter { !seen.contains($0) }.map(\.id) == [])
    #expect(Set(DiagnosticCode.interpreter.map(\.id)).count == DiagnosticCode.interpreter.count)
  }
}
