import Syntax

/// The language's classes as colours.
enum Highlighting {
  static func highlights(of text: String) -> [Highlight] {
    Highlighter.pieces(text).compactMap { piece in
      style(of: piece.kind).map { Highlight(lower: piece.span.lower, upper: piece.span.upper, style: $0) }
    }
  }

  /// The text with colours in it.
  static func paint(_ text: String, colored: Bool) -> String {
    guard colored else { return text }
    let bytes = Array(text.utf8)
    var result = ""
    var position = 0
    for highlight in highlights(of: text) where highlight.lower >= position && highlight.upper <= bytes.count {
      result += String(decoding: bytes[position..<highlight.lower], as: UTF8.self)
      let piece = String(decoding: bytes[highlight.lower..<highlight.upper], as: UTF8.self)
      result += highlight.style.paint(piece, colored: true)
      position = highlight.upper
    }
    return result + String(decoding: bytes[position...], as: UTF8.self)
  }

  private static func style(of kind: Highlighter.Class) -> Style? {
    switch kind {
    case .keyword: .keyword
    case .constant, .number: .number
    case .string: .string
    case .escape, .interpolation: .escape
    case .comment, .documentation: .comment
    case .function: .function
    case .member: .member
    case .label: .label
    case .invalid: .error
    case .name, .operator, .bracket, .punctuation: nil
    }
  }
}
