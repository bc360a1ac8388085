import Syntax
import Testing

@testable import Interpreter

/// Files in memory.
private struct Files: SourceLoader {
  var texts: [String: String]

  func source(of path: String, usedBy source: String) throws -> SourceText {
    guard let text = texts[path] else { throw ScriptError(.badUse, "there is no such file") }
    return SourceText(name: path, text)
  }
}

@Suite struct UseTests {
  @Test func namesAreImportedAndEachFileRunsOnce() throws {
    let files = Files(texts: [
      "lib.steer": "use \"base.steer\"\nprint(\"lib\")\nfn double(x) = scale(x, 2)\nlet answer = double(21)",
      "base.steer": "print(\"base\")\nfn scale(x, k) = x * k",
    ])
    let harness = try Harness(loader: files)
    #expect(try harness.run("use \"lib.steer\"\nuse \"base.steer\"\n[answer, double(2), scale(3, 3)]") == "[42, 4, 9]")
    #expect(harness.lines == ["base", "lib"])
    try harness.run("use \"lib.steer\"")
    #expect(harness.lines == ["base", "lib"])
  }

  @Test func aFileDoesNotSeeItsUsersNamesNorPassOnWhatItUses() throws {
    let files = Files(texts: [
      "lib.steer": "use \"base.steer\"\nfn f() = hidden", "base.steer": "let inner = 1",
      "good.steer": "use \"base.steer\"",
    ])
    let harness = try Harness(loader: files)
    #expect(harness.codes("let hidden = 1\nuse \"lib.steer\"") == ["E0301"])
    #expect(harness.codes("use \"good.steer\"\ninner") == ["E0301"])
  }

  @Test func aCircleIsNamed() throws {
    let files = Files(texts: ["a.steer": "use \"b.steer\"", "b.steer": "use \"a.steer\""])
    let found = try Harness(loader: files).diagnostics("use \"a.steer\"")
    #expect(found.map(\.code) == [.badUse])
    #expect(found.first?.message == "\"a.steer\" uses itself: a.steer uses b.steer uses a.steer")
    #expect(found.first?.primary?.source.name == "b.steer")
  }

  @Test func missingAndBrokenFilesAreErrorsAtTheirPlace() throws {
    let harness = try Harness(loader: Files(texts: ["broken.steer": "let = 1", "wrong.steer": "let x = 1 div 0"]))
    #expect(harness.codes("use \"none.steer\"") == ["E0306"])
    #expect(harness.diagnostics("use \"broken.steer\"").first?.primary?.source.name == "broken.steer")
    #expect(harness.codes("use \"wrong.steer\"") == ["E0403"])
    // It did not finish, so it is run again.
    #expect(harness.codes("use \"wrong.steer\"") == ["E0403"])
  }

  @Test func checkingReadsUsedFilesWithoutRunningThem() throws {
    let harness = try Harness(loader: Files(texts: ["lib.steer": "print(\"ran\")\nlet x = 1"]))
    #expect(harness.session.check(SourceText(name: "t", "use \"lib.steer\"\nx + y")).map(\.code) == [.undefinedName])
    #expect(harness.lines == [])
  }
}
