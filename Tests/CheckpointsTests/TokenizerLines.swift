import TestSupport

/// Lines of made-up text in more than twenty scripts, code and emoji: the same as scripts/fixtures/tokenizer_lines.py makes.
enum TokenizerLines {
  private static let ranges: [(low: UInt32, high: UInt32)] = [
    (0x61, 0x7A), (0xA1, 0x24F), (0x370, 0x3FF), (0x400, 0x52F), (0x531, 0x58A), (0x591, 0x5F4), (0x600, 0x6FF),
    (0x700, 0x74F), (0x900, 0x97F), (0x980, 0x9FE), (0xA01, 0xA76), (0xB82, 0xBFA), (0xE01, 0xE5B), (0xE81, 0xEDF),
    (0xF00, 0xFDA), (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x137C), (0x1780, 0x17F9), (0x1800, 0x18AA),
    (0x3041, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x300, 0x36F), (0x2010, 0x206F), (0x1D400, 0x1D7FF),
    (0xFF01, 0xFFEE), (0x1F300, 0x1F6FF), (0x20000, 0x2A6DF),
  ]

  private static let words = [
    "the", "The", "THEY'RE", "don't", "I'll", "we've", "it's", "'S", "'\u{17F}", "cat", "cats", "1", "12", "3.14",
    "1234567", "0x1F", "return", "def", "fn(a) ->", "{}", "!=", "=>", "/*", "*/", "//", "\\n", "&&", "...", "#[x]",
    "http://a.b/c?d=e", "na\u{EF}ve", "cafe\u{301}", "caf\u{E9}", "\u{130}stanbul", "\u{DF}", "\u{FB01}ne",
    "\u{FF11}\u{FF12}\u{FF13}", "\u{BD}", "\u{2167}", "\u{1E9B}\u{323}", "\u{212B}", "\u{AC01}",
    "\u{1100}\u{1161}\u{11A8}", "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}", "\u{1F3F3}\u{FE0F}\u{200D}\u{1F308}",
    "\u{1F1E9}\u{1F1EA}", "\u{1F44D}\u{1F3FD}", "x\u{200D}y", "\u{2581}", "\u{2581}a", "a\u{2581}b", "\u{0}",
    "\u{7F}", "\u{B}", "<s>", "<0x41>", "##a", "</w>",
  ]

  private static let spaces =
    [String](repeating: " ", count: 20) + [
      "", "", "", "  ", "   ", "\u{A}", "\u{A}\u{A}", "\u{D}\u{A}", "\u{9}", "\u{A0}", "\u{3000}", "\u{2028}",
      "\u{200B}", " \u{A} ",
    ]

  static func make(_ count: Int, seed: UInt64) -> [String] {
    var random = SplitMix(state: seed)
    return (0..<count).map { index in
      var (low, high) = ranges[index % ranges.count]
      var line = String.UnicodeScalarView()
      for _ in 0...random.below(9) {
        let kind = random.below(10)
        if kind < 3 {
          line.append(contentsOf: words[random.below(words.count)].unicodeScalars)
        } else {
          if kind == 3 { (low, high) = ranges[random.below(ranges.count)] }
          let width = min(Int(high - low) + 1, kind < 8 ? 12 : 1 << 20)
          for _ in 0...random.below(7) {
            if let scalar = Unicode.Scalar(low + UInt32(random.below(width))) { line.append(scalar) }
          }
        }
        line.append(contentsOf: spaces[random.below(spaces.count)].unicodeScalars)
      }
      return String(line)
    }
  }
}
