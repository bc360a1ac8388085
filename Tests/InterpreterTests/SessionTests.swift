import Syntax
import Testing

@testable import Interpreter

@Suite struct SessionTests {
  // MARK: Names at the prompt

  @Test func namesPersistAndMayBeDefinedAgain() throws {
    let harness = try Harness()
    try harness.run("let a = 1\nfn f() = a")
    #expect(try harness.run("f()") == "1")
    try harness.run("let a = 2")
    #expect(try harness.run("f()") == "2")
    #expect(try harness.run("let a = a + 1\na") == "3")
    try harness.run("fn g() = f() + 1")
    try harness.run("fn f() = 10")
    #expect(try harness.run("g()") == "11")
    #expect(try harness.run("let x = 1\nlet x = x + 1\nx") == "2")
  }

  @Test func aVarThatBecomesALetIsANewName() throws {
    let harness = try Harness()
    try harness.run("var n = 1\nfn bump() { n := n + 1\nn }")
    try harness.run("let n = 100")
    #expect(try harness.run("bump()") == "2")
    #expect(try harness.run("n") == "100")
  }

  @Test func namesBindOnlyWhenTheirStatementFinished() throws {
    let harness = try Harness()
    try harness.run("let kept = 1")
    #expect(harness.codes("let first = 5\nlet kept = 1 div 0\nlet never = 2") == ["E0403"])
    #expect(try harness.run("[first, kept]") == "[5, 1]")
    #expect(harness.codes("never") == ["E0301"])
    #expect(harness.codes("let [a, [b]] = [1, [2, 3]]") == ["E0413"])
    #expect(harness.codes("a") == ["E0301"])
  }

  @Test func aChunkThatDoesNotResolveRunsNothing() throws {
    let harness = try Harness()
    try harness.run("let kept = 1")
    #expect(harness.codes("print(\"ran\")\nlet kept = 2\nfn kept2() = nothing") == ["E0301"])
    #expect(harness.lines == [])
    #expect(try harness.run("kept") == "1")
    #expect(harness.codes("kept2()") == ["E0301"])
  }

  @Test func theHostBindsNames() throws {
    let harness = try Harness()
    try harness.session.define("_", .int(42))
    #expect(try harness.run("_ + 1") == "43")
    try harness.session.define("_", .string("x"))
    #expect(try harness.run("_") == "\"x\"")
    #expect(harness.session.globals().isEmpty)
  }

  @Test func printingGoesToTheSink() throws {
    let harness = try Harness()
    try harness.run("print(\"a\", 1, [\"b\"])\nprint()")
    #expect(harness.lines == ["a 1 [\"b\"]", ""])
  }

  // MARK: Descriptions

  @Test func namesAreDescribed() throws {
    let harness = try Harness()
    try harness.run("## Twice the number.\n## `twice(2)`\nfn twice(x, by = 2) = x * by\nvar n = 1")
    let twice = try #require(harness.session.describe("twice"))
    #expect(twice.kind == "fn")
    #expect(twice.signature?.description == "twice(x, by = 2)")
    #expect(twice.documentation == "Twice the number.\n`twice(2)`")
    #expect(twice.source == "fn twice(x, by = 2) = x * by")
    #expect(!twice.isNative && !twice.isStandard)
    let mean = try #require(harness.session.describe("mean"))
    #expect(mean.isNative && mean.isStandard)
    #expect(mean.signature?.description == "mean(values, over: axis = nil) -> float")
    #expect(harness.session.describe("nothing") == nil)
    #expect(harness.session.globals().map(\.name) == ["n", "twice"])
    #expect(harness.session.globals().map(\.kind) == ["var", "fn"])
    #expect(harness.session.visibleNames.contains("twice"))
  }

  @Test func eachStatementIsReported() throws {
    let harness = try Harness()
    var values: [String?] = []
    var texts: [String] = []
    harness.session.didRun = { result in
      values.append(result.value?.rendered(.short))
      texts.append(result.text)
    }
    try harness.run("let a = 1\na + 1\nfn f() = 2\nf()")
    #expect(values == [nil, "2", nil, "2"])
    #expect(texts == ["let a = 1", "a + 1", "fn f() = 2", "f()"])
  }

  // MARK: Inputs, seeds, expectations

  @Test func inputsComeFromTheCommandLine() throws {
    let script =
      "input lr = 2e-4 \"rate\"\ninput steps = 400\ninput name = \"x\"\ninput fast = false\n[lr, steps, name, fast]"
    #expect(try Harness().run(script) == "[0.0002, 400, \"x\", false]")
    let harness = try Harness()
    harness.session.inputValues = ["lr": "1", "steps": "7", "name": "a b", "fast": "true", "typo": "1"]
    #expect(try harness.run(script) == "[1.0, 7, \"a b\", true]")
    #expect(harness.session.usedInputs == ["lr", "steps", "name", "fast"])
    let declared = Session.inputs(of: SourceText(name: "t", script))
    #expect(declared.map(\.name) == ["lr", "steps", "name", "fast"])
    #expect(declared.map(\.initial) == ["2e-4", "400", "\"x\"", "false"])
    #expect(declared[0].help == "rate")
  }

  @Test(arguments: [("400", "x"), ("1.5", "one"), ("true", "yes"), ("[1]", "[2]")])
  func anInputOfTheWrongTypeIsRefused(_ initial: String, _ text: String) throws {
    let harness = try Harness()
    harness.session.inputValues = ["v": text]
    let found = harness.diagnostics("input v = \(initial)")
    #expect(found.map(\.code) == [.badInput])
    #expect(found.first?.primary != nil)
    #expect(found.first?.message.contains("`v`") == true)
  }

  @Test func seedsReachTheHost() throws {
    let host = TestHost()
    let harness = try Harness(host: host)
    try harness.run("seed 42")
    #expect(host.seeds == [42])
    #expect(harness.session.seed == 42)
  }

  @Test func failedExpectationsStopOrAreCollected() throws {
    let harness = try Harness()
    #expect(throws: ExpectationFailure.self) { try harness.run("expect 1 > 2") }
    harness.session.stopsAtFailedExpectations = false
    #expect(try harness.run("expect 1 + 1 > 2, \"too small\"\nexpect false\nexpect 1 < 2\n5") == "5")
    #expect(harness.session.failedExpectations.map(\.condition) == ["1 + 1 > 2", "false"])
    #expect(harness.session.failedExpectations[0].sides == ["2", "2"])
    #expect(harness.session.failedExpectations[0].message == "too small")
  }

  // MARK: Checking

  @Test func checkingRunsNothingAndFindsAll() throws {
    let harness = try Harness()
    let found = harness.session.check(
      SourceText(name: "t", "print(\"ran\")\nlet a = b\nmean()\nsort([1], descendin: true)\nfn f(x) = y"))
    #expect(found.map(\.code) == [.undefinedName, .badCall, .badCall, .undefinedName])
    #expect(harness.lines == [])
    #expect(harness.session.check(SourceText(name: "t", "let a = 1\na")).isEmpty)
    #expect(harness.codes("a") == ["E0301"])
    #expect(!harness.session.check(SourceText(name: "t", "let = 3")).isEmpty)
  }
}
