import Testing

@testable import Figures

@Suite struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("ﬁ", 1), ("한", 2), ("\u{1112}\u{1161}\u{11AB}", 2),
    ("😀", 2),
    ("👩‍👩‍👧", 2), ("❤", 1), ("❤️", 2), ("🇫🇷", 2), ("ＡＢ", 4), ("\u{200B}", 0), ("─┤⣀█", 4), ("→α·", 3), ("\u{301}", 0),
  ])
  func widths(text: String, width: Int) { #expect(text.displayWidth == width) }

  @Test func truncation() {
    #expect("steering".truncated(to: 8, ellipsis: "…") == "steering")
    #expect("steering".truncated(to: 5, ellipsis: "…") == "stee…")
    #expect("日本語".truncated(to: 4, ellipsis: "…") == "日…")
    #expect("steering".truncated(to: 2, ellipsis: "...") == "..")
    #expect("steering".truncated(to: 0, ellipsis: "…") == "")
  }

  @Test func padding() {
    #expect("日".padded(to: 4) == "日  ")
    #expect("7".padded(to: 3, .right) == "  7")
    #expect("7".padded(to: 4, .center) == " 7  ")
    #expect("long".padded(to: 2) == "long")
  }

  /// Data must not be able to move the cursor, change colours or reverse the text.
  @Test func controlCharactersShow() {
    #expect("a\u{1B}[2J\u{7}\u{202E}b\r\n".printable(unicode: true) == #"a\e[2J\u{7}\u{202e}b\r\n"#)
    #expect("é→".printable(unicode: false) == "??")
  }
}

@Suite struct NumeralsTests {
  @Test func forms() {
    #expect(Numerals.fixed(2.0 / 3, decimals: 3) == "0.667")
    #expect(Numerals.fixed(.greatestFiniteMagnitude, decimals: 6).count == 316)
    #expect(Numerals.general(1e-9, digits: 4) == "1e-9")
    #expect(Numerals.general(1_234_567, digits: 4) == "1.235e6")
    #expect(Numerals.general(-.infinity, digits: 4) == "-inf")
    #expect(Numerals.fixed(.nan, decimals: 2) == "nan")
  }

  @Test func decimalsNeeded() {
    #expect(Numerals.decimals(of: 0.64499, digits: 4) == 3)
    #expect(Numerals.decimals(of: 1234.5, digits: 4) == 0)
    #expect(Numerals.decimals(of: 0.5, digits: 4) == 1)
    #expect(Numerals.decimals(of: 0, digits: 4) == 0)
  }
}

@Suite struct ScaleTests {
  @Test func roundTicks() {
    let scale = Scale([0.13, 2.01], count: 5, rounded: true)
    #expect(scale.labels == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"])
    #expect(scale.low == 0 && scale.high == 2.5)
    #expect(Scale([0, 1e6, 5e6], count: 5, rounded: true).labels == ["0", "1e6", "2e6", "3e6", "4e6", "5e6"])
    #expect(Scale([-0.3, 0.4], count: 4, rounded: false, including: 0).labels == ["-0.2", "0.0", "0.2", "0.4"])
  }

  /// Ticks far from zero are told apart however many digits that takes.
  @Test func closeTicks() {
    let labels = Scale([1000.001, 1000.002], count: 4, rounded: true).labels
    #expect(Set(labels).count == labels.count)
  }

  @Test func constantDataLiesInTheMiddle() {
    let scale = Scale([4, 4], count: 4, rounded: false)
    #expect(scale.fraction(4) == 0.5)
    #expect(Scale([Double](), count: 4, rounded: false).fraction(0.5) == 0.5)
  }
}
