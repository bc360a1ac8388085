import Foundation
import Syntax
import Testing

@testable import Interpreter

@Suite struct CoreLibraryTests {
  @Test func everyDeclarationHasABodyAndTheReverse() throws {
    let session = try Harness().session
    #expect(session.unboundDeclarations == [])
    #expect(session.unusedNatives == [])
    #expect(session.standardLibrary.count >= 50)
  }

  @Test func aMissingBodyAndAnUnusedBodyAreNoticed() throws {
    var natives = NativeTable()
    natives["known"] = { _ in .int(1) }
    natives["orphan"] = { _ in .null }
    let session = Session(output: { _ in }, natives: natives)
    try session.load(standardLibrary: [SourceText(name: "lib", "fn known() -> int\nfn ghost(x)\nfn unknown() = 1")])
    #expect(session.unboundDeclarations == ["ghost"])
    #expect(session.unusedNatives == ["orphan"])
    #expect(throws: ScriptError.self) { try session.evaluate(SourceText(name: "t", "ghost(1)")) }
  }

  /// Every "`expression` is `value`" in a doc comment holds, and every function has one.
  @Test func documentationIsTrue() throws {
    let harness = try Harness()
    for entry in harness.session.standardLibrary {
      let documentation = entry.documentation ?? ""
      let pieces = documentation.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
      var examples = 0
      for position in stride(from: 1, to: pieces.count - 2, by: 2) where pieces[position + 1] == " is " {
        examples += 1
        #expect(try harness.run(pieces[position]) == pieces[position + 2], "in the documentation of `\(entry.name)`")
      }
      if entry.name != "print" { #expect(examples > 0, "`\(entry.name)` has no example") }
    }
  }
}
