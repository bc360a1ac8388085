/// How many terminal cells text takes.
enum DisplayWidth {
  static func of(_ text: String) -> Int { text.reduce(0) { $0 + of($1) } }

  /// 0 for a lone combining or format character, 2 for East Asian wide characters and emoji, else 1.
  static func of(_ character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars {
      // U+FE0F asks for the picture form of the character before it, which is two cells wide.
      if scalar.value == 0xFE0F, width > 0 { return 2 }
      if width == 0 { width = of(scalar) }
    }
    return width
  }

  static func of(_ scalar: Unicode.Scalar) -> Int {
    if (0x20..<0x7F).contains(scalar.value) { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return scalar.value == 0xAD ? 1 : 0
    default: break
    }
    // The vowels and final consonants of Hangul join the syllable before them.
    if (0x1160...0x11FF).contains(scalar.value) { return 0 }
    if scalar.value < 0x1100 { return 1 }
    return scalar.properties.isEmojiPresentation || isEastAsianWide(scalar.value) ? 2 : 1
  }

  /// Ranges of Unicode's EastAsianWidth W and F outside the emoji, joined over unassigned gaps.
  private static func isEastAsianWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x3247, 0x3250...0x4DBF, 0x4E00...0xA4C6,
      0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6B, 0xFF01...0xFF60,
      0xFFE0...0xFFE6, 0x16FE0...0x1B2FB, 0x1F200...0x1F202, 0x1F210...0x1F23B, 0x1F240...0x1F248,
      0x1F250...0x1F251, 0x1F260...0x1F265, 0x20000...0x2FFFD, 0x30000...0x3FFFD:
      true
    default: false
    }
  }
}

enum Alignment: Sendable { case left, right, center }

extension String {
  var displayWidth: Int { DisplayWidth.of(self) }

  /// The text filled up with spaces to `width` cells; longer text stays as it is.
  func padded(to width: Int, _ alignment: Alignment = .left) -> String {
    let missing = width - displayWidth
    guard missing > 0 else { return self }
    let before =
      switch alignment {
      case .left: 0
      case .right: missing
      case .center: missing / 2
      }
    return String(repeating: " ", count: before) + self + String(repeating: " ", count: missing - before)
  }

  /// The text cut to at most `width` cells, the cut shown by `ellipsis`.
  func truncated(to width: Int, ellipsis: String) -> String {
    guard displayWidth > width else { return self }
    let room = width - ellipsis.displayWidth
    guard room >= 0 else { return String(ellipsis.prefix(max(width, 0))) }
    var kept = ""
    var used = 0
    for character in self {
      let next = DisplayWidth.of(character)
      guard used + next <= room else { break }
      kept.append(character)
      used += next
    }
    return kept + ellipsis
  }

  /// The text on one line and free of control characters, so that data cannot move the cursor or colour the screen.
  /// Where `unicode` is off, characters beyond ASCII become `?`.
  func printable(unicode: Bool) -> String {
    guard !utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return self }
    var shown = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": shown += "\\n"
      case "\t": shown += "\\t"
      case "\r": shown += "\\r"
      case "\u{1B}": shown += "\\e"
      default:
        let category = scalar.properties.generalCategory
        // Direction overrides are format characters; the joiner is one too, but it holds emoji together.
        let hidden = category == .control || (category == .format && scalar.value != 0x200D)
        if hidden {
          shown += "\\u{" + String(scalar.value, radix: 16) + "}"
        } else if !unicode, !scalar.isASCII {
          shown += "?"
        } else {
          shown.unicodeScalars.append(scalar)
        }
      }
    }
    return shown
  }
}
