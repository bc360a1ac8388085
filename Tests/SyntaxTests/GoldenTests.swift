import Foundation
import TestSupport
import Testing

@testable import Syntax

/// Every file of Tests/Golden/syntax against its tree, its diagnostics and its layout.
@Suite struct GoldenTests {
  static let inputs = Golden.inputs("syntax")

  static func script(_ file: URL) throws -> Script {
    let bytes = [UInt8](try Data(contentsOf: file))
    return Script.parse(SourceText(name: file.lastPathComponent, bytes: bytes))
  }

  @Test(arguments: inputs) func meansWhatItSays(_ file: URL) throws {
    let script = try Self.script(file)
    var report = ""
    if !script.diagnostics.isEmpty { report += DiagnosticRenderer().render(script.diagnostics) + "\n" }
    if file.path.contains("/format/") {
      report += Formatter.settled(script)
    } else {
      report += TreePrinter.print(script.statements)
    }
    let difference = try Golden.difference(report, for: file)
    #expect(difference == nil, "\(difference ?? "")")
  }

  @Test(arguments: inputs.filter { !$0.path.contains("/errors/") }) func hasNoDiagnostics(_ file: URL) throws {
    #expect(try Self.script(file).diagnostics.map(\.message) == [])
  }

  @Test(arguments: inputs.filter { $0.path.contains("/errors/") }) func hasDiagnostics(_ file: URL) throws {
    #expect(try !Self.script(file).diagnostics.isEmpty)
  }

  @Test func everyCodeHasItsText() throws {
    let shown = try Set(Self.inputs.flatMap { try Self.script($0).diagnostics.map(\.code) })
    #expect(DiagnosticCode.syntax.filter { !shown.contains($0) }.map(\.id) == [])
    #expect(Set(DiagnosticCode.syntax.map(\.id)).count == DiagnosticCode.syntax.count)
  }

  @Test(arguments: inputs) func layoutKeepsTheMeaningAndIsStable(_ file: URL) throws {
    let script = try Self.script(file)
    guard !script.hasErrors else { return }
    let once = Formatter.settled(script)
    #expect(Formatter.isFaithful(once, to: script), "\(once)")
    let again = Script.parse(SourceText(name: "again", once))
    #expect(Formatter.settled(again) == once)
    #expect(once.split(separator: "\n").allSatisfy { DisplayWidth.of($0) <= Formatter.width || $0.contains("#") })
  }
}
