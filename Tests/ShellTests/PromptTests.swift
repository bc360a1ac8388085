import Glibc
import Testing

/// What can be said at the prompt, and how it is left.
@Suite struct PromptTests {
  private func open(_ shell: Steersh, rows: Int = 24, columns: Int = 80) throws -> PseudoTerminal {
    shell.environment["NO_COLOR"] = "1"
    let terminal = try shell.open(rows: rows, columns: columns)
    try terminal.wait(for: "1›")
    return terminal
  }

  @Test func controlDLeavesAndGivesTheTerminalBack() throws {
    let terminal = try Steersh().open()
    let before = terminal.modes
    try terminal.wait(for: "1›")
    #expect(terminal.modes != before)
    // Not on a chunk: there it deletes.
    terminal.type("12\u{01}\u{04}\r")
    try terminal.wait(for: "2\n2›")
    terminal.type("\u{04}")
    #expect(try terminal.finish() == 0)
    #expect(terminal.modes == before)
    #expect(!terminal.screen.modes.contains("?2004"))
  }

  @Test func signalsGiveTheTerminalBack() throws {
    let terminal = try Steersh().open()
    let before = terminal.modes
    try terminal.wait(for: "1›")
    terminal.signal(SIGTERM)
    #expect(try terminal.finish() == 128 + SIGTERM)
    #expect(terminal.modes == before)
    #expect(!terminal.screen.modes.contains("?2004"))
  }

  @Test func controlCStopsALoopAndKeepsTheSession() throws {
    let terminal = try open(try Steersh())
    terminal.enter("let kept = 41")
    try terminal.wait("the prompt") { $0.lines.contains("2›") && !terminal.makesSignals }
    terminal.enter("while true { }")
    try terminal.wait("the loop") { _ in terminal.makesSignals }
    terminal.type("\u{03}")
    try terminal.wait(for: "interrupted")
    try terminal.wait(for: "3›")
    terminal.enter("kept + 1")
    try terminal.wait(for: "42\n4›")
  }

  @Test func controlCEndsASweepWithItsRows() throws {
    let terminal = try open(try Steersh())
    try terminal.wait("the prompt") { $0.lines.contains("1›") && !terminal.makesSignals }
    terminal.enter("let grid = sweep(x: 0..9) { c -> { if c.x == 3 { print(c.x + 38); while true { } }; 2 * c.x } }")
    try terminal.wait(for: "41")
    terminal.type("\u{03}")
    try terminal.wait(for: "warning: sweep was stopped; the table has 3 of 10 points")
    try terminal.wait(for: "interrupted")
    try terminal.wait(for: "2›")
    terminal.enter("grid.value")
    try terminal.wait(for: "[0, 2, 4]\n3›")
  }

  @Test func theFourthControlCEndsWhatDoesNotStopAndSavesTheSession() throws {
    let shell = try Steersh()
    mkfifo(shell.path("stuck.steer"), 0o600)
    let terminal = try open(shell)
    terminal.enter("let kept = 41")
    try terminal.wait("the prompt") { $0.lines.contains("2›") && !terminal.makesSignals }
    // Nobody ever writes into the pipe, and nothing looks for an interrupt while it is opened.
    terminal.enter("use \"stuck.steer\"")
    try terminal.wait("the chunk to run") { _ in terminal.makesSignals }
    try terminal.type("\u{03}", untilItShows: "still running <repl:2>:1: use \"stuck.steer\"")
    #expect(terminal.screen.text.contains("steersh: one more Ctrl-C ends steersh; the session is then in "))
    // Not at once: a key held down must not do it.
    #expect(try terminal.finish(typing: "\u{03}") == 130)
    #expect(try shell.read(".local/state/steersh/rescued.steer") == "let kept = 41\n")
  }

  @Test func controlCAbandonsTheChunkButKeepsItAtHand() throws {
    let terminal = try open(try Steersh())
    terminal.type("let draft = [1,\r2")
    try terminal.wait(for: "  2")
    terminal.type("\u{03}")
    try terminal.wait(for: "1› let draft = [1,\n  2^C\n1›")
    terminal.type("\u{1B}[A")
    try terminal.wait(for: "^C\n1› let draft = [1,\n  2")
  }

  @Test func stopsAndComesBack() throws {
    let shell = try Steersh()
    shell.environment["PS1"] = "shell: "
    let terminal = try PseudoTerminal(
      "/bin/bash", ["--norc", "-i"], environment: shell.environment, folder: shell.folder, owner: shell)
    try terminal.wait(for: "shell:")
    terminal.enter("\(Steersh.program) --color never")
    try terminal.wait(for: "1›")
    terminal.type("40 + ")
    try terminal.wait(for: "1› 40 +")
    terminal.type("\u{1A}")
    try terminal.wait(for: "1› 40 + ^Z")
    try terminal.wait("the shell") { $0.lines.last { !$0.isEmpty } == "shell:" }
    terminal.enter("fg")
    try terminal.wait("the prompt") { $0.lines.last { !$0.isEmpty } == "1› 40 +" }
    terminal.type("2\r")
    try terminal.wait(for: "42\n2›")
  }

  @Test func typeAheadIsNotEchoedTwice() throws {
    let terminal = try open(try Steersh())
    terminal.enter("let i = 0; let a = 3")
    terminal.enter("a + 1")
    terminal.enter("a + 2")
    try terminal.wait(for: "4›")
    let text = terminal.screen.text
    #expect(text.contains("2› a + 1\n4\n3› a + 2\n5\n4›"), "\(text)")
  }

  @Test func errorsPointAtThePlace() throws {
    let terminal = try open(try Steersh())
    terminal.enter("let total = 1 + unknwn")
    try terminal.wait(for: "2›")
    let lines = terminal.screen.lines
    #expect(lines[2].hasPrefix("error[E0301]: `unknwn` is not defined"))
    #expect(lines[3] == " --> <repl:1>:1:17")
    #expect(lines[5] == "1 | let total = 1 + unknwn")
    #expect(lines[6] == "  |                 ^^^^^^")
  }

  @Test func lastValuesHaveNames() throws {
    let terminal = try open(try Steersh())
    terminal.enter("10 + 1")
    try terminal.wait(for: "2›")
    terminal.enter("_ * 2")
    try terminal.wait(for: "22\n3›")
    terminal.enter("let nothing = 0")
    try terminal.wait(for: "4›")
    terminal.enter("[_1, _2, _]")
    try terminal.wait(for: "[11, 22, 22]\n5›")
  }

  @Test func helpKnowsNamesAndSources() throws {
    let terminal = try open(try Steersh())
    terminal.paste("## Adds one.\n##\n## Twice, if asked.\nfn increment(x, times = 1) = x + times")
    terminal.type("\r")
    try terminal.wait(for: "2›")
    terminal.enter("?increment")
    try terminal.wait(for: "fn increment(x, times = 1)\n  Adds one.\n\n  Twice, if asked.\n  defined at <repl:1>:4")
    terminal.enter("??increment")
    try terminal.wait(for: "fn increment(x, times = 1) = x + times\n2›")
    terminal.enter("help incremnt")
    try terminal.wait(for: "nothing is called `incremnt`; did you mean `increment`?")
    terminal.enter("let lot = [1, 2]")
    try terminal.wait(for: "3›")
    terminal.enter("?lot")
    try terminal.wait(for: "let lot\n  list: [1, 2]")
  }

  @Test func helpListsCommands() throws {
    let terminal = try open(try Steersh(), rows: 60)
    terminal.enter(":help")
    try terminal.wait(for: ":save FILE [NAME]")
    terminal.enter(":nonsense")
    try terminal.wait(for: "there is no single command `:nonsense`; there are :help :time")
    terminal.enter(":load")
    try terminal.wait(for: "usage: :load FILE")
  }

  @Test func savesTheSessionAndLoadsIt() throws {
    let shell = try Steersh()
    let first = try open(shell)
    first.enter("let a = 2")
    try first.wait(for: "2›")
    first.enter("let broken = a.nonsense")
    try first.wait(for: "3›")
    first.enter("a * 10")
    try first.wait(for: "20\n4›")
    first.enter("let b = _ + 1")
    try first.wait(for: "5›")
    first.enter("let unrelated = 5")
    try first.wait(for: "6›")
    first.enter(":save all.steer")
    try first.wait(for: "saved all.steer")
    first.enter(":save slice.steer b")
    try first.wait(for: "saved slice.steer")
    first.enter(":save nowhere.steer c")
    try first.wait(for: "nothing in this session defines `c`")
    #expect(try shell.read("all.steer") == "let a = 2\nlet _3 = a * 10\n_3\nlet b = _3 + 1\nlet unrelated = 5\n")
    #expect(try shell.read("slice.steer") == "let a = 2\nlet _3 = a * 10\n_3\nlet b = _3 + 1\n")

    let second = try open(shell)
    second.enter(":load slice.steer")
    try second.wait(for: "20\n1›")
    second.enter("a + b")
    try second.wait(for: "23\n2›")
    second.enter(":save again.steer")
    try second.wait(for: "saved again.steer")
    #expect(try shell.read("again.steer") == "let a = 2\nlet _3 = a * 10\n_3\nlet b = _3 + 1\na + b\n")
    let run = try shell.run("again.steer")
    #expect(run.output == "20\n23\n")
    #expect(run.status == 0)
  }

  @Test func timesTypesAndForgets() throws {
    let terminal = try open(try Steersh())
    terminal.enter(":time 1 + 1")
    try terminal.wait(for: "2\ntook ")
    terminal.enter(":type [1]")
    try terminal.wait(for: "list\n3›")
    terminal.enter("let here = 1")
    try terminal.wait(for: "4›")
    terminal.enter(":reset")
    terminal.enter(":vars")
    try terminal.wait(for: "no names yet")
    terminal.enter("here")
    try terminal.wait(for: "`here` is not defined")
    terminal.enter(":quit")
    #expect(try terminal.finish() == 0)
  }

  @Test func runsCommandsOfTheSystem() throws {
    let terminal = try open(try Steersh())
    terminal.enter("!echo from the sys''tem; exit 3")
    try terminal.wait(for: "from the system\nstatus 3\n1›")
    // Ctrl-C belongs to the command.
    terminal.enter("!exec sh -c \"echo rea''dy; exec sleep 100\"")
    try terminal.wait(for: "ready")
    terminal.type("\u{03}")
    try terminal.wait(for: "status 130")
    terminal.enter("1 + 1")
    try terminal.wait(for: "2\n2›")
  }

  @Test func editsAChunkInAnEditor() throws {
    let shell = try Steersh()
    // A command, not a script made here: a file that another test's fork still holds open cannot be run.
    shell.environment["EDITOR"] = "sed -i s/1/2/"
    let terminal = try open(shell)
    terminal.enter("1 + 40")
    try terminal.wait(for: "41\n2›")
    terminal.enter(":edit")
    try terminal.wait(for: "2 + 40\n42\n3›")
  }

  @Test func tellsHowLongItTakes() throws {
    let terminal = try open(try Steersh())
    terminal.enter("while true { }")
    // The line appears after a second, and leaves no trace.
    try terminal.wait("progress") { $0.lines.last { !$0.isEmpty }?.hasSuffix(" s") == true }
    terminal.type("\u{03}")
    try terminal.wait(for: "2›")
    let lines = terminal.screen.lines.filter { !$0.isEmpty }
    #expect(lines[2].hasPrefix("error[E0416]"))
    #expect(lines.dropLast().last?.hasPrefix("took ") == true)
  }

  @Test func longValuesLeaveThePromptInSight() throws {
    let terminal = try open(try Steersh(), rows: 12)
    terminal.enter("\"" + String(repeating: "0123456789", count: 200) + "\"")
    try terminal.wait(for: "more characters; print shows everything\n2›")
    #expect(terminal.screen.lines.contains { $0.hasPrefix("2›") })
    #expect(terminal.screen.lines.filter { $0.contains("0123456789") }.count < 12)
  }

  @Test func noColorMeansNoColor() throws {
    let shell = try Steersh()
    let terminal = try open(shell)
    terminal.enter("1 + \"a\"")
    try terminal.wait(for: "2›")
    #expect(!String(decoding: terminal.output, as: UTF8.self).contains("\u{1B}[1;3"))
    terminal.type("\u{04}")
    #expect(try terminal.finish() == 0)
    // The command line knows better than the environment.
    let colored = try shell.open("--color", "always")
    try colored.wait(for: "1›")
    #expect(colored.screen.style(of: "1›") == "1;36")
    let plain = try Steersh()
    let never = try plain.open("--color", "never")
    try never.wait(for: "1›")
    #expect(never.screen.style(of: "1›") == "")
  }

  @Test func dumbTerminalsGetAPlainPrompt() throws {
    let shell = try Steersh()
    shell.environment["TERM"] = "dumb"
    let terminal = try shell.open()
    try terminal.wait(for: "1>")
    terminal.type("let a = [1,\n")
    try terminal.wait(for: "…>")
    terminal.type("2]\n")
    try terminal.wait(for: "2>")
    terminal.type("a\n")
    try terminal.wait(for: "[1, 2]")
    #expect(!terminal.output.contains(0x1B))
    terminal.type("\u{04}")
    #expect(try terminal.finish() == 0)
  }

  @Test func staysAtThePromptWhenAsked() throws {
    let shell = try Steersh()
    shell.environment["NO_COLOR"] = "1"
    let terminal = try shell.open("-i", "-e", "let seven = 7")
    try terminal.wait(for: "1›")
    terminal.enter("seven * 6")
    try terminal.wait(for: "42\n2›")
  }

  @Test func anUnwritableHistoryIsToldOnce() throws {
    let shell = try Steersh()
    shell.environment["STEERSH_HISTORY"] = "/proc/none/history"
    let terminal = try open(shell)
    terminal.enter("1")
    try terminal.wait(for: "the history is not kept: cannot make the folder /proc/none")
    terminal.enter("2")
    try terminal.wait(for: "3›")
    #expect(terminal.screen.text.split(separator: "\n").filter { $0.contains("is not kept") }.count == 1)
  }
}
