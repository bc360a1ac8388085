import Testing

@testable import Syntax

@Suite struct HighlighterTests {
  private func classes(_ text: String) -> String {
    let source = SourceText(name: "test", text)
    return Highlighter.pieces(source).map { "\($0.kind.rawValue):\(source.text($0.span))" }.joined(separator: " ")
  }

  @Test func wordsAreToldApartByTheirPlace() {
    #expect(
      classes("let x = .input.on(seed: seed) on y with f(1)")
        == "keyword:let name:x operator:= punctuation:. member:input punctuation:. member:on bracket:( label:seed "
        + "punctuation:: name:seed bracket:) keyword:on name:y keyword:with function:f bracket:( number:1 bracket:)")
    #expect(classes("seed 42") == "keyword:seed number:42")
    #expect(classes("seed.next") == "name:seed punctuation:. member:next")
    #expect(classes("nil") == "constant:nil")
  }

  @Test func stringsShowTheirParts() {
    #expect(
      classes("\"a\\n{x}\" 'r'")
        == "string:\" string:a escape:\\n interpolation:{ name:x interpolation:} string:\" string:'r'")
  }

  @Test func commentsAndWhatCannotBeReadHaveClasses() {
    #expect(classes("## d\na # c\n`") == "documentation:## d name:a comment:# c invalid:`")
    #expect(classes("\"open") == "string:\" string:open")
  }

  /// As it is typed, letter by letter, every text has pieces that cover all but its space.
  @Test func everyPrefixIsCovered() {
    let text = "let a = \"x {f(1) + \"y\\u{41}\"} z\" # c\n.layers[*] |> 'r' ~ 日"
    for count in 0...text.count {
      let source = SourceText(name: "test", String(text.prefix(count)))
      var covered = [Bool](repeating: false, count: source.bytes.count)
      for piece in Highlighter.pieces(source) {
        for offset in piece.span.lower..<piece.span.upper { covered[offset] = true }
      }
      let bare = zip(source.bytes, covered).filter { !$1 && $0 != 0x20 && $0 != 0x0A }
      #expect(bare.isEmpty, "\(source.text(Span(0, source.bytes.count)))")
    }
  }
}
