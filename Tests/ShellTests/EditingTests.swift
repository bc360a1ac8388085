import Glibc
import Testing

/// The line editor, through a terminal.
@Suite struct EditingTests {
  @Test func showsValuesAndCountsPrompts() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    terminal.enter("6 * 7")
    try terminal.wait(for: "42\n2›")
    terminal.enter("\"a string\"")
    try terminal.wait(for: "\"a string\"\n3›")
  }

  @Test func colorsWhatIsTyped() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    terminal.type("let x = 12 + \"s\"")
    try terminal.wait("colours") {
      $0.style(of: "12") == "36" && $0.style(of: "let") == "35" && $0.style(of: "\"s\"") == "32"
    }
    #expect(terminal.screen.lines[1] == "1› let x = 12 + \"s\"")
  }

  @Test func goesOnUntilTheChunkIsWhole() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    terminal.enter("fn double(x) {")
    terminal.enter("x * 2")
    terminal.enter("}")
    try terminal.wait(for: "2›")
    // Indented by one step, and back for the bracket.
    #expect(Array(terminal.screen.lines[1...3]) == ["1› fn double(x) {", "  x * 2", "}"])
    terminal.enter("double(21)")
    try terminal.wait(for: "42")
  }

  @Test func altEnterBreaksTheLine() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    terminal.type("let a = 1\u{1B}\rlet b = 2\u{1B}\ra + b")
    try terminal.wait(for: "a + b")
    terminal.type("\r")
    try terminal.wait(for: "3\n2›")
  }

  @Test func movesAndEditsWithinSeveralLines() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    terminal.type("let a = 10\u{1B}\rlet b = 20\u{1B}\ra + b")
    try terminal.wait(for: "a + b")
    // Up twice, to the end of the first line, one digit more; home, kill and yank; then submit from there.
    terminal.type("\u{1B}[A\u{1B}[A\u{05}0\u{01}\u{0B}\u{19}\r")
    try terminal.wait(for: "120\n2›")
  }

  @Test func killsWordsAndDeletesForward() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    terminal.type("1 + 2 + 300\u{17}4\u{01}\u{1B}[3~5\r")
    try terminal.wait(for: "11\n2›")
    #expect(terminal.screen.lines[1] == "1› 5 + 2 + 4")
  }

  @Test func recallsWholeChunksByPrefix() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    terminal.enter("let alpha = [1,")
    terminal.enter("2]")
    try terminal.wait(for: "2›")
    terminal.enter("let beta = 3")
    try terminal.wait(for: "3›")
    // With nothing typed the last chunk, with `let al` the one that starts so.
    terminal.type("\u{1B}[A")
    try terminal.wait(for: "3› let beta = 3")
    terminal.type("\u{1B}[B")
    try terminal.wait("an empty prompt") { $0.lines.contains("3›") }
    terminal.type("let al\u{1B}[A")
    try terminal.wait("the whole chunk") { screen in
      guard let row = screen.lines.firstIndex(of: "3› let alpha = [1,") else { return false }
      return screen.lines[row + 1] == "  2]"
    }
    terminal.type("\u{1B}[B")
    try terminal.wait("the draft") { $0.lines.contains("3› let al") }
  }

  @Test func searchesTheHistory() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    for (number, chunk) in ["let first = 11", "let second = 22", "let third = 33"].enumerated() {
      terminal.enter(chunk)
      try terminal.wait(for: "\(number + 2)›")
    }
    terminal.type("\u{12}ir")
    try terminal.wait(for: "search: ir › let third = 33")
    terminal.type("\u{12}")
    try terminal.wait(for: "search: ir › let first = 11")
    terminal.type("\u{12}")
    try terminal.wait(for: "search, nothing found: ir › let first = 11")
    // Ctrl-G gives up; a found chunk runs with Enter.
    terminal.type("\u{07}")
    try terminal.wait("the prompt") { $0.lines.contains("4›") }
    terminal.type("\u{12}sec\r")
    try terminal.wait(for: "4› let second = 22\n5›")
  }

  @Test func keepsTheHistoryAcrossSessions() throws {
    let shell = try Steersh()
    shell.environment["STEERSH_HISTORY"] = shell.path("state/history.jsonl")
    let first = try shell.open()
    try first.wait(for: "1›")
    first.enter("let kept = [")
    first.enter("1]")
    try first.wait(for: "2›")
    first.enter("kept")
    try first.wait(for: "3›")
    first.enter("kept")
    try first.wait(for: "4›")
    first.type("\u{04}")
    #expect(try first.finish() == 0)
    let lines = try shell.read("state/history.jsonl").split(separator: "\n")
    #expect(lines.count == 2, "a repeated chunk is kept once")
    #expect(lines.first?.hasSuffix("\"text\":\"let kept = [\\n  1]\"}") == true)

    let second = try shell.open()
    try second.wait(for: "1›")
    second.type("let\u{1B}[A")
    try second.wait(for: "1› let kept = [\n  1]")
  }

  @Test func pastesABlockAtOnce() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    #expect(terminal.screen.modes.contains("?2004"))
    terminal.paste("fn f(x) {\r\n\tlet y = x + 1\r\n\ty * 2\r\n}\r\nf(20)\r\n")
    try terminal.wait(for: "f(20)")
    terminal.type("\r")
    try terminal.wait(for: "42\n2›")
  }

  @Test func pastesFiftyKilobytes() throws {
    let shell = try Steersh()
    let terminal = try shell.open()
    try terminal.wait(for: "1›")
    let line = "  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,\n"
    terminal.paste("let long = [\n" + String(repeating: line, count: 650) + "]\n")
    terminal.type("\r")
    try terminal.wait("the next prompt") { $0.lines.last { !$0.isEmpty } == "2›" }
    terminal.enter("long[0] + long[13649]")
    try terminal.wait(for: "22\n3›")
  }

  @Test func leavesATallChunk() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    terminal.paste("let long = [\n" + String(repeating: "  1,\n", count: 40))
    terminal.type("\u{03}")
    try terminal.wait("the next prompt") { $0.lines.last { !$0.isEmpty } == "1›" }
  }

  @Test func completesNames() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    terminal.enter("let carrot_one = 1; let carrot_two = 22")
    try terminal.wait(for: "2›")
    terminal.type("carr\t")
    try terminal.wait(for: "2› carrot_")
    terminal.type("\t")
    try terminal.wait(for: "carrot_one  carrot_two\n2› carrot_")
    terminal.type("tw\t\r")
    try terminal.wait(for: "2› carrot_two\n22\n3›")
  }

  @Test func completesMembersArgumentsFilesAndCommands() throws {
    let shell = try Steersh()
    try shell.write("1 + 1\n", to: "sample one.steer")
    let terminal = try shell.open()
    try terminal.wait(for: "1›")
    terminal.enter("let r = (accuracy: 0.5, loss: 2.0)")
    try terminal.wait(for: "2›")
    terminal.type("r.ac\t\r")
    try terminal.wait(for: "2› r.accuracy\n0.5\n3›")
    terminal.enter("fn steer(strength = 1) = strength + 1")
    try terminal.wait(for: "4›")
    terminal.type("steer(stren\t41)\r")
    try terminal.wait(for: "4› steer(strength: 41)\n42\n5›")
    terminal.type("\"samp\t")
    try terminal.wait(for: "5› \"sample one.steer")
    terminal.type("\u{15}:va\t\r")
    try terminal.wait(for: "5› :vars")
    try terminal.wait(for: "(accuracy: 0.5, loss: 2.0)")
  }

  @Test func wideAndCombiningCharactersKeepTheirPlace() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    terminal.type("\"漢字 e\u{301}🙂\"")
    // Back over the quote, the emoji and the accented letter, and something put in there.
    terminal.type("\u{1B}[D\u{1B}[D\u{1B}[DX")
    try terminal.wait(for: "1› \"漢字 Xe\u{301}🙂\"")
    terminal.type("\r")
    try terminal.wait(for: "\"漢字 Xe\u{301}🙂\"\n2›")
  }

  @Test func drawsAgainAfterAResize() throws {
    let terminal = try Steersh().open(columns: 60)
    try terminal.wait(for: "1›")
    terminal.type("let number = 1000000 + 2000000")
    try terminal.wait(for: "2000000")
    terminal.resize(rows: 30, columns: 100)
    terminal.type(" + 3000000")
    try terminal.wait("the chunk on its line") { $0.lines.contains("1› let number = 1000000 + 2000000 + 3000000") }
    terminal.type("\r")
    try terminal.wait(for: "2›")
    terminal.enter("number")
    try terminal.wait(for: "6000000")
  }

  @Test func wrapsLongLines() throws {
    let terminal = try Steersh().open(columns: 40)
    try terminal.wait(for: "1›")
    let sum = (1...20).map(String.init).joined(separator: " + ")
    terminal.type(sum)
    try terminal.wait(for: "+ 20")
    terminal.type("\u{01}9")
    try terminal.wait(for: "1› 91 + 2")
    terminal.type("\r")
    try terminal.wait(for: "300\n2›")
  }

  @Test func swallowsKeysNobodyBound() throws {
    let terminal = try Steersh().open()
    try terminal.wait(for: "1›")
    // F5, a mouse report, an answer to a question about colours: none of them may type anything.
    terminal.type("4\u{1B}[15~\u{1B}[<0;10;5M\u{1B}]11;rgb:0000/0000/0000\u{07}2\r")
    try terminal.wait(for: "1› 42\n42\n2›")
  }

  /// Whatever is typed, on terminals of any size: the prompt is there afterwards.
  @Test(arguments: [1, 2, 3]) func randomKeysDoNoHarm(seed: UInt64) throws {
    let keys = [
      "a", "x", "1", " ", "(", ")", "[", "]", "{", "}", "\"", "'", ".", "|>", "m.", ".layers[0].", "?la", "漢",
      "e\u{301}", "🙂",
      "\t", "\r", "\u{1B}\r", "\u{1B}[A", "\u{1B}[B", "\u{1B}[C", "\u{1B}[D", "\u{1B}[H", "\u{1B}[F", "\u{1B}[3~",
      "\u{1B}[1;5C", "\u{1B}[15~", "\u{1B}b", "\u{1B}f", "\u{1B}d", "\u{1B}<", "\u{1B}>", "\u{01}", "\u{05}", "\u{07}",
      "\u{0B}", "\u{0C}", "\u{12}", "\u{15}", "\u{17}", "\u{19}", "\u{7F}", "\u{1B}[200~let a = [\n 1,\n2]\u{1B}[201~",
    ]
    var state = seed
    func draw(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
    let terminal = try Steersh().open(rows: 5 + draw(20), columns: 8 + draw(80))
    try terminal.wait(for: "1›")
    for _ in 0..<150 {
      terminal.type(keys[draw(keys.count)])
      if draw(40) == 0 { terminal.resize(rows: 3 + draw(30), columns: 8 + draw(90)) }
    }
    // Out of a search, off the chunk, and away.
    #expect(try terminal.finish(typing: "\u{07}\u{03}\u{04}") == 0)
  }
}
