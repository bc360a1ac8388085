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
    while nextComment < token.commentsBefore {
      if something || !parts.isEmpty {
        parts += lineBreak(before: comments[nextComment].span.lower, afterComment: !parts.isEmpty)
      }
      parts.append(.text(commentText()))
    }
    return parts
  }

  /// The end of a line, and an empty one where the text has one before this offset. There is one too where a semicolon,
  /// which goes, stood between a comment and what is below: the comment is not to become documentation.
  func lineBreak(before offset: Int, afterComment: Bool) -> [Layout] {
    let isApart = hasEmptyLine(before: offset) || (afterComment && isParted(comments[nextComment - 1], from: offset))
    return isApart ? [.newline, .newline] : [.newline]
  }

  private func isParted(_ comment: Comment, from offset: Int) -> Bool {
    !comment.isOnOwnLine || source.bytes[comment.span.upper..<offset].contains(UInt8(ascii: ";"))
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
