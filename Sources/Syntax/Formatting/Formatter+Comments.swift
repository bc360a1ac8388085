extension Formatter {
  /// The text of the next comment, which is then written.
  mutating func commentText() -> String {
    defer { nextComment += 1 }
    return source.text(comments[nextComment].span)
  }

  /// The comments behind the token written last, on its line.
  mutating func trailingComments() -> [Layout] {
    var parts: [Layout] = []
    while nextComment < token.commentsBefore, !comments[nextComment].isOnOwnLine {
      parts.append(.suffix(commentText()))
    }
    return parts
  }

  /// The comments before the next token, each on a line of its own, with the line break before each.
  mutating func ownLineComments(after something: Bool) -> [Layout] {
    var parts: [Layout] = []
    var isFirst = !something
    while nextComment < token.commentsBefore {
      if !isFirst { parts.append(.newline) }
      if !isFirst, hasEmptyLine(before: comments[nextComment].span.lower) { parts.append(.newline) }
      isFirst = false
      parts.append(.text(commentText()))
    }
    return parts
  }

  /// The text has an empty line right above the line where this offset is the first thing.
  func hasEmptyLine(before offset: Int) -> Bool {
    var position = offset - 1
    var breaks = 0
    while position >= 0 {
      switch source.bytes[position] {
      case 0x0A: breaks += 1
      case 0x20, 0x09, 0x0D, UInt8(ascii: ";"): break
      default: return breaks > 1
      }
      position -= 1
    }
    return false
  }

  /// A comment stands between two tokens.
  func hasComments(from first: Int, to last: Int) -> Bool {
    tokens[first].commentsBefore < tokens[last].commentsBefore
  }
}
