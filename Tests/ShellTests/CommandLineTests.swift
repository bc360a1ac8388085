import Glibc
import Testing

/// Every way to start steersh without a terminal, and what it exits with.
@Suite struct CommandLineTests {
  @Test func evaluatesExpressions() throws {
    let result = try Steersh().run("-e", "let a = 20", "-e", "a * 2 + 2", "-e", "nil")
    #expect(result.output == "42\n")
    #expect(result.errors == "")
    #expect(result.status == 0)
  }

  @Test func readsStandardInput() throws {
    let shell = try Steersh()
    let script = "let a = [\n  1,\n  2]\na\na\n  .nothing"
    let result = try shell.run(input: script)
    #expect(result.output == "[1, 2]\n")
    #expect(result.errors.hasPrefix("error[E0406]: a list has no `nothing`"))
    #expect(result.errors.contains("--> <stdin>:6:4"))
    #expect(result.status == 1)
    #expect(try shell.run("-", input: "1 + 1").output == "2\n")
    #expect(try shell.run("run", "-", input: "1 + 2").output == "3\n")
    #expect(try shell.run(input: "").status == 0)
  }

  @Test(arguments: [
    ("6 * 7", 0), ("1 / 2 + [1]", 1), ("let a =", 2), ("nobody", 2), ("expect 1 > 2", 3),
  ])
  func exitStatusTellsWhatHappened(script: String, status: Int32) throws {
    let shell = try Steersh()
    try shell.write(script + "\n", to: "script.steer")
    #expect(try shell.run("-e", script).status == status)
    #expect(try shell.run("script.steer").status == status)
    #expect(try shell.run("run", "script.steer").status == status)
    #expect(try shell.run(input: script).status == status)
  }

  @Test func wrongUsageIsTwo() throws {
    let shell = try Steersh()
    try shell.write("1\n", to: "script.steer")
    #expect(try shell.run("--nonsense").status == 2)
    #expect(try shell.run("run").status == 2)
    #expect(
      try shell.run("run", "missing.steer").errors
        == "error[E0601]: cannot read missing.steer: No such file or directory\n")
    #expect(try shell.run("missing.steer").status == 2)
    #expect(try shell.run("-e", "1", "script.steer").status == 2)
    #expect(try shell.run("--threads", "0", "-e", "1").status == 2)
    #expect(try shell.run("--color", "sometimes", "-e", "1").status == 2)
    #expect(try shell.run("fmt").status == 2)
    #expect(try shell.run("doc", "nobody").status == 2)
  }

  @Test func saysWhatItIs() throws {
    let shell = try Steersh()
    #expect(try shell.run("--version").output.hasPrefix("steersh "))
    let help = try shell.run("--help")
    #expect(help.status == 0)
    for word in ["-e EXPR", "--seed N", "--json", "run", "check", "fmt", "doc", "130 interrupted"] {
      #expect(help.output.contains(word), "help must tell of \(word)")
    }
    let run = try shell.run("run", "--help")
    #expect(run.status == 0 && run.output.contains("USAGE: steersh run"))
  }

  @Test func inputsAreFlags() throws {
    let shell = try Steersh()
    let script = """
      # Adds what it is given.
      input rate = 2e-4 "learning rate"
      input max_steps = 400
      input name = "nobody"
      input loud = false "talk"
      [rate, max_steps]
      name
      loud
      """
    try shell.write(script, to: "script.steer")
    #expect(try shell.run("run", "script.steer").output == "[0.0002, 400]\n\"nobody\"\nfalse\n")
    let given = try shell.run("script.steer", "--rate", "-1", "--max-steps=7", "--loud", "--name", "--x")
    #expect(given.output == "[-1.0, 7]\n\"--x\"\ntrue\n")
    let help = try shell.run("run", "script.steer", "--help")
    #expect(
      help.output == """
        USAGE: steersh run script.steer [--name value …]

        Adds what it is given.

        INPUTS:
          --rate <float>       learning rate (default: 2e-4)
          --max_steps <int>    (default: 400)
          --name <text>        (default: "nobody")
          --loud <true|false>  talk (default: false)

        """)
    let unknown = try shell.run("script.steer", "--rat", "1")
    #expect(unknown.status == 2)
    #expect(
      unknown.errors.contains(
        "script.steer has no input 'rat'; it has --rate, --max_steps, --name, --loud; did you mean --rate?"))
    #expect(try shell.run("script.steer", "--rate").status == 2)
    #expect(try shell.run("script.steer", "more").status == 2)
    #expect(try shell.run("script.steer", "--max_steps", "many").status == 1)
  }

  @Test func ownOptionsStandAnywhere() throws {
    let shell = try Steersh()
    try shell.write("1 + nobody\n", to: "script.steer")
    let json = #"{"severity":"error","code":"E0301","message":"`nobody` is not defined","file":"script.steer","line":1"#
    #expect(try shell.run("--json", "run", "script.steer").errors.hasPrefix(json))
    #expect(try shell.run("run", "--json", "script.steer").errors.hasPrefix(json))
    #expect(try shell.run("run", "script.steer", "--json").errors.hasPrefix(json))
    #expect(try shell.run("script.steer", "--json", "--threads", "1").errors.hasPrefix(json))
    #expect(try shell.run("check", "--json", "script.steer").errors.hasPrefix(json))
    #expect(try shell.run("--color", "always", "run", "script.steer").errors.hasPrefix("\u{1B}[1;31merror"))
    #expect(try !shell.run("run", "script.steer").errors.contains("\u{1B}"))
  }

  @Test func theSeedOfTheCommandLineWins() throws {
    let shell = try Steersh()
    let draw = "uniform(axis: 4).tolist\n"
    try shell.write("seed 1\n" + draw, to: "one.steer")
    try shell.write("seed 5\n" + draw, to: "five.steer")
    try shell.write(draw, to: "none.steer")
    let five = try shell.run("five.steer").output
    #expect(try shell.run("one.steer").output != five)
    #expect(try shell.run("--seed", "5", "one.steer").output == five)
    #expect(try shell.run("none.steer", "--seed=5").output == five)
    #expect(five.hasPrefix("[0."), "\(five)")
  }

  @Test func checksWithoutRunning() throws {
    let shell = try Steersh()
    try shell.write("let a = 1\nexpect a > 2\n", to: "good.steer")
    try shell.write("let a = )\nb + 1\n", to: "bad.steer")
    let good = try shell.run("check", "good.steer")
    #expect(good == Spawn.Result(status: 0, output: "", errors: ""))
    let both = try shell.run("check", "good.steer", "bad.steer")
    #expect(both.status == 2)
    #expect(both.errors.contains("bad.steer:1:9"))
    #expect(try shell.run("check", "missing.steer").status == 2)
  }

  @Test func formatsInPlace() throws {
    let shell = try Steersh()
    try shell.write("let  a=1\n", to: "loose.steer")
    try shell.write("let a = 1\n", to: "tidy.steer")
    try shell.write("let a = (\n", to: "broken.steer")
    symlink("loose.steer", shell.path("link.steer"))
    chmod(shell.path("loose.steer"), 0o640)
    let check = try shell.run("fmt", "--check", "loose.steer", "tidy.steer")
    #expect(check.output == "loose.steer\n")
    #expect(check.status == 1)
    #expect(try shell.run("fmt", "link.steer", "tidy.steer") == Spawn.Result(status: 0, output: "", errors: ""))
    #expect(try shell.read("loose.steer") == "let a = 1\n")
    var status = stat()
    #expect(lstat(shell.path("link.steer"), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    #expect(stat(shell.path("loose.steer"), &status) == 0 && status.st_mode & 0o777 == 0o640)
    #expect(try shell.run("fmt", "--check", "loose.steer").status == 0)
    #expect(try shell.run("fmt", "broken.steer").status == 2)
    #expect(try shell.read("broken.steer") == "let a = (\n")
    #expect(try shell.run("fmt", "-", input: "let  b=2").output == "let b = 2\n")
  }

  @Test func usesFilesBesideTheScript() throws {
    let shell = try Steersh()
    mkdir(shell.path("lib"), 0o755)
    try shell.write("use \"more.steer\"\nlet two = one + one\n", to: "lib/base.steer")
    try shell.write("let one = 1\n99\n", to: "lib/more.steer")
    try shell.write("use \"lib/base.steer\"\ntwo\n", to: "script.steer")
    // The values of a used file's statements are its own affair.
    #expect(try shell.run("script.steer") == Spawn.Result(status: 0, output: "2\n", errors: ""))
    try shell.write("use \"lib/absent.steer\"\n", to: "script.steer")
    let absent = try shell.run("script.steer")
    #expect(absent.status == 2)
    #expect(absent.errors.contains("cannot read lib/absent.steer: No such file or directory"))
  }

  @Test func aBrokenPipeEndsQuietly() throws {
    let shell = try Steersh()
    // More than the pipe and our own buffer hold.
    try shell.write(String(repeating: "100000000000000\n", count: 12_000), to: "script.steer")
    let result = try shell.sh("\(Steersh.program) script.steer | head -n 1; echo ${PIPESTATUS[0]}")
    #expect(result.output == "100000000000000\n141\n")
    #expect(result.errors == "")
  }

  @Test func aFullDiskIsAnError() throws {
    let result = try Steersh().sh("\(Steersh.program) -e '1 + 1' > /dev/full")
    #expect(result.status == 1)
    #expect(result.errors == "steersh: cannot write standard output: No space left on device\n")
  }

  @Test func controlCStopsAScript() throws {
    let shell = try Steersh()
    try shell.write("\"running\"\nwhile true { }\n", to: "script.steer")
    let terminal = try shell.open("script.steer")
    try terminal.wait(for: "running")
    terminal.type("\u{03}")
    #expect(try terminal.finish() == 130)
    #expect(terminal.screen.text.contains("interrupted"))
  }

  /// Also where the sweep is the last statement, the script counts as interrupted.
  /// A script that never ends shows in a file what it has come to.
  @Test func outputToAFileDoesNotWaitForTheEnd() throws {
    let shell = try Steersh()
    try shell.write("print(1 + 1)\nwhile true { }\n", to: "endless.steer")
    let command = """
      \(Steersh.program) endless.steer > out & process=$!
      for i in $(seq 300); do [[ -s out ]] && break; sleep 0.1; done
      cat out; kill -9 $process
      """
    #expect(try shell.sh(command).output == "2\n")
  }

  @Test func controlCLeavesTheRowsOfASweepInItsFile() throws {
    let shell = try Steersh()
    let block = "{ c -> { if c.x == 2 and wait { print(\"running\"); while true { } }; c.x } }"
    try shell.write("input wait = true\nsweep(x: 0..3, to: \"grid.csv\") \(block)\n", to: "script.steer")
    let terminal = try shell.open("script.steer")
    try terminal.wait(for: "running")
    terminal.type("\u{03}")
    #expect(try terminal.finish() == 130)
    #expect(try shell.read("grid.csv") == "x,value\n0,0\n1,1\n")
    let result = try shell.run("run", "script.steer", "--wait", "false")
    #expect(result.status == 0)
    #expect(result.errors == "info: sweep goes on with 2 of 4 points in grid.csv\n")
    #expect(try shell.read("grid.csv") == "x,value\n0,0\n1,1\n2,2\n3,3\n")
  }

  @Test func controlCEndsTheWaitForAScript() throws {
    let terminal = try Steersh().open("--color", "never", "-")
    terminal.type("1 + 1\n")
    try terminal.wait(for: "1 + 1")
    terminal.type("\u{03}")
    #expect(try terminal.finish() == 130)
  }

  @Test func writesNoEscapesWhereNobodyCanReadThem() throws {
    let shell = try Steersh()
    let result = try shell.run(input: "let a = 1\na\nnobody.here\n")
    #expect(!result.output.contains("\u{1B}") && !result.errors.contains("\u{1B}"))
    #expect(!result.output.contains("›"))
  }
}
