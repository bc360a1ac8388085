import Syntax
import Testing

@testable import Shell

/// The script a session is saved as.
@Suite struct TranscriptTests {
  /// A transcript of chunks, where an expression's value gets the chunk's number.
  private func transcript(_ chunks: String...) -> Transcript {
    var transcript = Transcript()
    for (index, chunk) in chunks.enumerated() {
      let script = Script.parse(SourceText(name: "<repl:\(index + 1)>", chunk))
      #expect(!script.hasErrors, "\(chunk)")
      for (position, statement) in script.statements.enumerated() {
        var isShown = false
        if case .expression = statement.kind { isShown = position == script.statements.count - 1 }
        transcript.append(statement, in: script.source, valueName: isShown ? "_\(index + 1)" : nil)
      }
    }
    return transcript
  }

  @Test func keepsStatementsAsWritten() {
    let session = transcript("let a = 1", "## Doubles.\nfn f(x) = x * 2", "f( a )", "let b = 2; b")
    #expect(session.script == "let a = 1\n## Doubles.\nfn f(x) = x * 2\nf( a )\nlet b = 2\nb\n")
  }

  @Test func lastValuesGetNamesWhereTheyAreUsed() {
    let session = transcript("1 + 1", "_ * 3", "[_, _1]", "9")
    #expect(session.script == "let _1 = 1 + 1\n_1\nlet _2 = _1 * 3\n_2\n[_2, _1]\n9\n")
  }

  @Test func aSliceHoldsWhatANameNeeds() {
    let session = transcript(
      "let a = 1", "let unused = 2", "var total = 0", "total := total + a", "fn add(x) = x + total", "unused",
      "let result = add(a)", "let after = 5")
    let slice = "let a = 1\nvar total = 0\ntotal := total + a\nfn add(x) = x + total\nlet result = add(a)\n"
    #expect(session.script(for: "result") == slice)
    #expect(session.script(for: "after") == "let after = 5\n")
    #expect(session.script(for: "nobody") == nil)
  }

  @Test func aSliceKeepsSeeds() {
    let session = transcript("seed 7", "let a = 1", "let b = 2", "seed 8")
    #expect(session.script(for: "a") == "seed 7\nlet a = 1\n")
  }

  @Test func namesDefinedAgainAreToldApart() {
    let session = transcript("let x = 1", "let y = x + 1", "let x = 10", "x + y")
    #expect(session.script == "let x_1 = 1\nlet y = x_1 + 1\nlet x = 10\nx + y\n")
    // In a slice only as far as both are there.
    #expect(session.script(for: "y") == "let x = 1\nlet y = x + 1\n")
    #expect(session.script(for: "x") == "let x = 10\n")
  }

  @Test func functionsSeeTheLastDefinition() {
    let session = transcript("fn f(x) = x", "fn g(x) = f(x)", "fn f(x) = x + 1", "g(1)")
    #expect(session.script == "fn f_1(x) = x\nfn g(x) = f(x)\nfn f(x) = x + 1\ng(1)\n")
  }

  @Test func ownNamesOfFunctionsStay() {
    let session = transcript(
      "let x = 1", "fn f(x) = x * 2", "let x = 2", "for x in [1] { let y = x }", "fn b, x -> b + x")
    #expect(
      session.script
        == "let x_1 = 1\nfn f(x) = x * 2\nlet x = 2\nfor x in [1] { let y = x }\nfn b, x -> b + x\n")
  }

  @Test func fieldsKeepTheirNamesInPatterns() {
    let session = transcript("let r = (a: 1, b: 2)", "let (a, b) = r", "let a = 5", "a + b")
    #expect(session.script == "let r = (a: 1, b: 2)\nlet (a: a_1, b) = r\nlet a = 5\na + b\n")
  }

  @Test func newNamesAvoidThoseThereAre() {
    let session = transcript("let x = 1", "let x_1 = 2", "let x = x + x_1")
    #expect(session.script == "let x_2 = 1\nlet x_1 = 2\nlet x = x_2 + x_1\n")
  }

  @Test func statementsStayApart() {
    let session = transcript("let a = 1", ".layers[1].output", "-3", "[a]", "(a)", "a", "-_", "not true", "{ 1 }")
    #expect(
      session.script
        == "let a = 1;\n.layers[1].output;\n-3\n[a]\n(a)\nlet _6 = a\n_6;\n-_6\nnot true\n{ 1 }\n")
    let script = Script.parse(SourceText(name: "saved", session.script))
    #expect(!script.hasErrors)
    #expect(script.statements.count == 10)
  }

  @Test func whateverIsSavedParses() {
    let session = transcript(
      "let é = \"a {1 + 1}\"", "é", "let é = _", "operator twist(k = 1) {\n  param W[model] = k\n  h -> h + W * k\n}",
      "let k = .layers[1..2].output on .last => twist(2)", "let k = 3", "k")
    let script = Script.parse(SourceText(name: "saved", session.script))
    #expect(!script.hasErrors, "\(session.script)")
    #expect(session.script.contains("param W[model] = k\n  h -> h + W * k"))
  }
}
