/// What figures may assume of the place they are printed to.
public struct Terminal: Sendable, Equatable {
  /// Columns and lines of the window. Figures stay within the width, and within the height less two lines for the prompt.
  public var width: Int
  public var height: Int
  /// Whether 256-colour escape sequences may be written.
  public var color: Bool
  /// Whether characters beyond ASCII may be written.
  public var unicode: Bool

  public init(width: Int = 80, height: Int = 24, color: Bool = false, unicode: Bool = true) {
    self.width = max(width, 20)
    self.height = max(height, 8)
    self.color = color
    self.unicode = unicode
  }

  var ellipsis: String { unicode ? "…" : "..." }

  /// `text` in a colour of the 256-colour palette, or as it is where colour is off.
  func painted(_ text: String, foreground: Int? = nil, background: Int? = nil, bold: Bool = false) -> String {
    guard color, !text.isEmpty else { return text }
    var codes: [String] = bold ? ["1"] : []
    if let foreground { codes.append("38;5;\(foreground)") }
    if let background { codes.append("48;5;\(background)") }
    return codes.isEmpty ? text : "\u{1B}[\(codes.joined(separator: ";"))m\(text)\u{1B}[0m"
  }

  /// `text` made quiet: notes, missing values.
  func dimmed(_ text: String) -> String { painted(text, foreground: 245) }
}
