/// A colour by what it means, of the sixteen every terminal has.
enum Style: String, CaseIterable {
  // The language's.
  case keyword, number, string, escape, comment, function, member, label
  // The shell's.
  case prompt, error, dim, strong

  /// Parameters of the SGR sequence.
  var parameters: String {
    switch self {
    case .keyword: "35"
    case .number: "36"
    case .string: "32"
    case .escape: "33"
    case .comment, .dim: "90"
    case .function: "94"
    case .member: "34"
    case .label: "3"
    case .prompt: "1;36"
    case .error: "31"
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
