/// A colour by what it means; `Palette` says how it looks.
enum Style: String, CaseIterable {
  case keyword, number, string, comment, path, name, function, symbol
  case prompt, error, hint, warning, dim, strong

  /// Parameters of the SGR sequence, the sixteen colours every terminal has.
  var parameters: String {
    switch self {
    case .keyword: "35"
    case .number: "36"
    case .string: "32"
    case .comment, .dim: "90"
    case .path: "34"
    case .function: "94"
    case .name, .symbol: "39"
    case .prompt: "1;36"
    case .error: "1;31"
    case .warning: "33"
    case .hint: "36"
    case .strong: "1"
    }
  }

  /// `text` in this style, when `colored`.
  func paint(_ text: String, colored: Bool) -> String {
    colored && !text.isEmpty ? "\u{1B}[\(parameters)m\(text)\u{1B}[0m" : text
  }

  /// The same for libedit's prompt: sequences between two `\u{1}`. libedit loses one at the very end, so the last
  /// character, a space, is left plain.
  func paintPrompt(_ text: String) -> String {
    "\u{1}\u{1B}[\(parameters)m\u{1}\(text.dropLast())\u{1}\u{1B}[0m\u{1}\(text.suffix(1))"
  }
}
