import Foundation
import Glibc
import Testing

/// Records of runs as processes leave them, and `steersh runs`.
@Suite struct RunsTests {
  private static let script = """
    input items = 2 "how many"
    seed 3
    let m = load("minivlm")
    evaluate(m, on: vqa.test.take(items))

    """
  private static let database = ".local/share/steersh/runs.sqlite"

  private func exists(_ shell: Steersh, _ name: String) -> Bool { access(shell.path(name), F_OK) == 0 }

  private func rows(_ shell: Steersh, _ arguments: String = "") throws -> [[String]] {
    let result = try shell.sh("\(Steersh.program) runs export --format csv \(arguments)")
    #expect(result.status == 0 && result.errors == "")
    return result.output.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func listsShowsComparesAndExports() throws {
    let shell = try Steersh()
    let none = try shell.run("runs")
    #expect(
      none
        == Spawn.Result(
          status: 0, output: "", errors: "there are no runs yet; `train`, `learn`, `sweep` and `evaluate` leave them\n")
    )
    #expect(try shell.run("runs", "show").status == 2)
    #expect(!exists(shell, Self.database))

    try shell.write(Self.script, to: "ask.steer")
    #expect(try shell.run("ask.steer").status == 0)
    #expect(try shell.run("run", "ask.steer", "--items", "3", "--seed", "5").status == 0)
    #expect(exists(shell, Self.database))
    let list = try shell.run("runs").output.split(separator: "\n")
    #expect(list.count == 4)
    #expect(list[2].contains("1  evaluate  finished") && list[3].contains("ask.steer  minivlm  vqa.test"))
    #expect(try shell.run("runs", "-n", "1").output.split(separator: "\n").count == 3)
    #expect(try shell.run("runs", "list", "--kind", "train").output == "")

    let card = try shell.run("runs", "show", "2").output
    for words in [
      "run 2 · evaluate · finished, ", "ask.steer:4", "call      evaluate(m, on: vqa.test.take(items))",
      "inputs    items: 3",
      "seed      5", "vqa.test, 3 items", "metrics   accuracy", "made by   steersh 0.1.0, record format 1",
    ] {
      #expect(card.contains(words), "the card lacks `\(words)`:\n\(card)")
    }
    #expect(try shell.run("runs", "show").output == card)
    #expect(try shell.run("runs", "show", "--script").output.hasSuffix("# ask.steer\n" + Self.script))
    #expect(try shell.run("runs", "show", "9").errors == "error[E0601]: there is no run 9; the last one is 2\n")

    let comparison = try shell.run("runs", "compare", "1", "2").output
    #expect(comparison.contains("input items") && comparison.contains("seed") && comparison.contains("accuracy"))
    #expect(!comparison.contains("the scripts differ"))

    let json = try shell.run("runs", "export", "2", "--to", "out.json")
    #expect(json == Spawn.Result(status: 0, output: "", errors: ""))
    let objects = try JSONSerialization.jsonObject(with: Data(shell.read("out.json").utf8)) as? [[String: Any]]
    #expect(objects?.count == 1 && (objects?[0]["script"] as? [String: String])?["text"] == Self.script)
    #expect(try rows(shell)[0].suffix(2) == ["seed", "accuracy"])
  }

  @Test func deletes() throws {
    let shell = try Steersh()
    #expect(try shell.run("runs", "delete", "1").status == 2)
    #expect(try shell.run("runs", "delete", "--unfinished").status == 0)
    try shell.write(
      Self.script + "save(m with .layers[1].output on .last => scale(2), \"a.safetensors\")\n", to: "ask.steer")
    for _ in 0..<3 { #expect(try shell.run("ask.steer").status == 0) }
    let unknown = try shell.run("runs", "delete", "1", "9")
    #expect(unknown.status == 2 && unknown.errors == "error[E0601]: there is no run 9; the last one is 3\n")
    #expect(try rows(shell).count == 4)
    let gone = try shell.run("runs", "delete", "1", "3")
    #expect(gone == Spawn.Result(status: 0, output: "deleted runs 1, 3\n", errors: ""))
    #expect(try rows(shell).dropFirst().map { $0[0] } == ["2"] && exists(shell, "a.safetensors"))
    #expect(try shell.run("runs", "delete", "--before", "2020-01-01").errors == "there is no such run\n")
    #expect(try shell.run("runs", "delete", "--before", "9999-01-01").output == "deleted run 2\n")
    for wrong in [[], ["1", "--unfinished"], ["--before", "today"]] {
      #expect(
        try shell.sh(([Steersh.program, "runs", "delete"] + wrong).joined(separator: " ")).status == 2, "\(wrong)")
    }
  }

  @Test func recordsGoWhereTheyAreWanted() throws {
    let shell = try Steersh()
    try shell.write(Self.script, to: "ask.steer")
    #expect(try shell.run("--runs", "here/and there", "run", "ask.steer").status == 0)
    #expect(try shell.run("ask.steer", "--runs", "here/and there").status == 0)
    #expect(try shell.run("ask.steer", "--no-runs").status == 0)
    #expect(exists(shell, "here/and there/runs.sqlite") && !exists(shell, ".local"))
    #expect(try shell.run("runs", "--runs", "here/and there").output.split(separator: "\n").count == 4)
    #expect(try shell.run("--runs", "here/and there", "runs", "show", "2").output.hasPrefix("run 2 "))
    #expect(try shell.run("--runs=here/and there", "runs").output.split(separator: "\n").count == 4)
    #expect(try shell.run("--runs", "a", "--no-runs", "-e", "1").status == 2)
    shell.environment["XDG_DATA_HOME"] = shell.path("data")
    #expect(try shell.run("ask.steer").status == 0)
    #expect(exists(shell, "data/steersh/runs.sqlite"))
  }

  /// Nothing is opened before there is something to keep.
  @Test func nothingIsMadeWithoutARun() throws {
    let shell = try Steersh()
    #expect(try shell.run("-e", "1 + 1", "-e", "runs()").status == 0)
    let terminal = try shell.open()
    try terminal.wait(for: "1›")
    terminal.enter("1 + 1")
    try terminal.wait(for: "2›")
    terminal.type("\u{04}")
    #expect(try terminal.finish() == 0)
    #expect(!exists(shell, ".local/share"))
  }

  /// At the prompt the script is what was entered so far.
  @Test func thePromptKeepsWhatWasEntered() throws {
    let shell = try Steersh()
    let result = try shell.run("-e", "let m = load(\"minivlm\")", "-e", "evaluate(m, on: vqa.test.take(2)) > 2")
    #expect(result.output == "false\n")
    let script = try shell.run("runs", "show", "--script").output
    #expect(script.hasSuffix("let m = load(\"minivlm\")\nevaluate(m, on: vqa.test.take(2)) > 2\n"))
  }

  @Test func processesWriteAtOnce() throws {
    let shell = try Steersh()
    try shell.write(
      "let m = load(\"minivlm\")\nfor i in 0..<4 { evaluate(m, on: vqa.test.take(1)) }\n", to: "four.steer")
    let result = try shell.sh(
      "for i in $(seq 6); do \(Steersh.program) --threads 1 four.steer & done; wait")
    #expect(result == Spawn.Result(status: 0, output: "", errors: ""))
    let rows = try rows(shell)
    #expect(rows.count == 25)
    #expect(rows.dropFirst().allSatisfy { $0[2] == "finished" })
    #expect(Set(rows.dropFirst().map { $0[0] }).count == 24)
    #expect(
      try shell.sh("command -v sqlite3 >/dev/null && sqlite3 \(Self.database) 'PRAGMA integrity_check' || echo ok")
        .output == "ok\n")
  }

  /// While a process lives its run is running; killed, it is unfinished.
  @Test func aKillLeavesTheRunUnfinished() throws {
    let shell = try Steersh()
    try shell.write(
      """
      let m = load("minivlm")
      print("ready")
      train(.layers[1].output on .last => mores(), model: m, on: vqa.train, steps: 1000000, batch: 1)

      """, to: "long.steer")
    let command = """
      \(Steersh.program) --threads 1 long.steer > out & process=$!
      for i in $(seq 300); do \(Steersh.program) runs 2>/dev/null | grep -q running && break; sleep 0.1; done
      \(Steersh.program) runs export --format csv | tail -n 1 | cut -d, -f3
      kill -9 $process; wait $process 2>/dev/null
      \(Steersh.program) runs export --format csv | tail -n 1 | cut -d, -f3
      \(Steersh.program) runs show | head -n 1
      """
    let lines = try shell.sh(command).output.split(separator: "\n")
    #expect(lines.count == 3 && lines[0] == "running" && lines[1] == "unfinished")
    #expect(lines.last?.hasPrefix("run 1 · train · unfinished, ") == true)
    // The next one is kept as if nothing had happened.
    try shell.write(Self.script, to: "ask.steer")
    #expect(try shell.run("ask.steer").errors == "")
    #expect(try rows(shell).map { $0[2] } == ["status", "unfinished", "finished"])
  }

  @Test func controlCIsKept() throws {
    let shell = try Steersh()
    try shell.write(
      "let m = load(\"minivlm\")\ntrain(.layers[1].output on .last => mores(), model: m, on: vqa.train, steps: 1000000, batch: 1)\n",
      to: "long.steer")
    let terminal = try shell.open("long.steer")
    // The line of progress: it trains. Once is enough, and a third time would end the process there and then.
    try terminal.wait(for: "train ")
    terminal.type("\u{03}")
    try terminal.wait(for: "interrupted")
    #expect(try terminal.finish() == 130)
    let card = try shell.run("runs", "show").output
    #expect(card.contains("run 1 · train · interrupted, ") && card.contains("last_loss"))
  }

  /// A place that cannot be written costs one warning, and the script its record.
  @Test func whatCannotBeWrittenSpoilsNothing() throws {
    let shell = try Steersh()
    try shell.write(Self.script + "evaluate(m, on: vqa.test.take(2))\n", to: "ask.steer")
    try shell.write("", to: "file")
    let whole = try shell.run("ask.steer", "--no-runs")
    let refused = try shell.run("ask.steer", "--runs", "file/runs")
    #expect(refused.status == 0 && refused.output == whole.output)
    #expect(
      refused.errors
        == "warning: no record of this run is kept: cannot use file: it is not a folder\n"
    )
    // No file may become larger than one block: what a full disk is to SQLite.
    let full = try shell.sh("trap '' XFSZ; ulimit -f 1; \(Steersh.program) ask.steer --runs full 2>&1 | cat")
    #expect(full.output.hasSuffix(whole.output))
    #expect(full.output.hasPrefix("warning: no record of this run is kept: cannot "))
    #expect(full.output.split(separator: "\n").count == whole.output.split(separator: "\n").count + 1)
  }

  @Test func aDamagedFileIsNamedAndLeft() throws {
    let shell = try Steersh()
    try shell.write(Self.script, to: "ask.steer")
    mkdir(shell.path("kept"), 0o755)
    let nonsense = String(repeating: "this is no database\n", count: 500)
    try shell.write(nonsense, to: "kept/runs.sqlite")
    let result = try shell.run("ask.steer", "--runs", "kept")
    #expect(result.status == 0 && result.output.hasPrefix("0.") || result.output.hasPrefix("1."))
    #expect(
      result.errors.hasPrefix(
        "warning: no record of this run is kept: kept/runs.sqlite is damaged (file is not a database)"))
    let list = try shell.run("runs", "--runs", "kept")
    #expect(list.status == 2 && list.output == "")
    #expect(
      list.errors.hasPrefix(
        "error[E0601]: kept/runs.sqlite is damaged (file is not a database) and was left as it is; `sqlite3"))
    #expect(try shell.read("kept/runs.sqlite") == nonsense)
  }
}
