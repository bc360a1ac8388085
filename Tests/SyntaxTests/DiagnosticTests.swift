import Foundation
import Testing

@testable import Syntax

@Suite struct DiagnosticTests {
  private let script = SourceText(name: "a.steer", "let v = load(\"x\")\n\nlet w = v @ u\n")
  private let library = SourceText(name: "lib.steer", "fn f(a) = a\n")

  private var diagnostic: Diagnostic {
    Diagnostic(
      DiagnosticCode("E0499", "only for this test"), "the axes do not fit", at: .init(Span(27, 32), in: script, "here"),
      labels: [.init(Span(4, 5), in: script, "made here"), .init(Span(10, 11), in: library, "and used here")],
      help: "name the axis", stack: [.init(function: "f", call: .init(Span(27, 28), in: script))])
  }

  @Test func aDiagnosticShowsEveryPlaceAndTheStack() {
    #expect(
      DiagnosticRenderer().render(diagnostic) == """
        error[E0499]: the axes do not fit
         --> a.steer:3:9
          |
        1 | let v = load("x")
          |     - made here
         ...
        3 | let w = v @ u
          |         ^^^^^ here
         ::: lib.steer:1:11
          |
        1 | fn f(a) = a
          |           - and used here
        help: name the axis
          in f, called at a.steer:3:9

        """)
  }

  @Test func colourOnlyAddsEscapes() {
    let plain = DiagnosticRenderer().render(diagnostic)
    let colour = DiagnosticRenderer(usesColor: true).render(diagnostic)
    #expect(colour.contains("\u{1B}[1;31m"))
    #expect(colour.replacing(#/\e\[[0-9;]*m/#, with: "") == plain)
  }

  @Test func jsonIsOneLineThatParses() throws {
    var odd = diagnostic
    odd.message = "a \"quote\", a \\, a\nbreak, \u{1}, é 日"
    let line = DiagnosticRenderer.json(odd)
    #expect(!line.contains("\n"))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(object["message"] as? String == odd.message)
    #expect(object["line"] as? Int == 3 && object["column"] as? Int == 9 && object["endColumn"] as? Int == 14)
    #expect((object["labels"] as? [[String: Any]])?.compactMap { $0["file"] as? String } == ["a.steer", "lib.steer"])
    #expect((object["stack"] as? [[String: Any]])?.count == 1)
    #expect(object["incomplete"] as? Bool == false)
  }

  @Test func aSpanOverSeveralLinesIsUnderlinedToTheEndOfItsFirst() {
    let diagnostic = Diagnostic(.tuple, "m", at: .init(Span(8, 100), in: script))
    #expect(DiagnosticRenderer().render(diagnostic).contains("  |         ^^^^^^^^^\n"))
  }

  @Test func aDiagnosticMayHaveNoPlace() {
    #expect(DiagnosticRenderer().render(Diagnostic(.tuple, "m", at: nil)) == "error[E0211]: m\n")
  }

  @Test func controlCharactersReachNoTerminal() {
    let source = SourceText(name: "a\u{1B}[31m", "x \u{1B}[2J y\r\n")
    let text = DiagnosticRenderer().render(Diagnostic(.tuple, "m \u{9B}", at: .init(Span(7, 8), in: source)))
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
    #expect(text.contains("\n1 | x \u{FFFD}[2J y\n  |        ^\n"))
  }

  @Test func widthsAreThoseOfATerminal() {
    #expect(DisplayWidth.of("abc") == 3)
    #expect(DisplayWidth.of("日本") == 4)
    #expect(DisplayWidth.of("e\u{301}") == 1)
    #expect(DisplayWidth.of("👍🏽") == 2)
    #expect(DisplayWidth.of("α→") == 2)
  }
}

@Suite struct NameSuggestionTests {
  private let names = ["mean", "measure", "median", "mores", "load", "loreft", "layers", "x", "y"]

  @Test(arguments: [
    ("maen", "mean"), ("mesure", "measure"), ("Load", "load"), ("layrs", "layers"), ("moers", "mores"),
  ]) func closeNamesAreFound(_ pair: (String, String)) {
    #expect(NameSuggestion.closest(to: pair.0, among: names) == pair.1)
  }

  @Test(arguments: ["z", "ab", "tokens", "me", "", "mean"]) func distantNamesAreNot(_ name: String) {
    #expect(NameSuggestion.closest(to: name, among: names.filter { $0 != "median" || name != "mean" }) == nil)
  }

  @Test func distanceCountsSwapsOnce() {
    #expect(NameSuggestion.distance(Array("abcd"), Array("abdc")) == 1)
    #expect(NameSuggestion.distance(Array("kitten"), Array("sitting")) == 3)
    #expect(NameSuggestion.distance(Array(""), Array("abc")) == 3)
  }
}
