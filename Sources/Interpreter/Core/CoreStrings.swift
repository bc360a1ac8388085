extension NativeTable {
  /// Text: `str` to `ends_with`.
  mutating func addCoreStrings() {
    self["str"] = { call in .string(call[0].displayed) }
    self["format"] = { call in
      let digits = try call.int("digits", atLeast: 0)
      guard digits <= 300 else { throw call.wrongValue("digits", "must be at most 300") }
      return .string(Decimals.fixed(try call.number("x"), digits))
    }
    self["join"] = { call in
      let separator = try call.string("separator")
      return .string(try call.elements("values").map(\.displayed).joined(separator: separator))
    }
    self["split"] = { call in
      let text = try call.string("text")
      if call.value("separator").isNull {
        return .list(text.split(whereSeparator: \.isWhitespace).map { .string(String($0)) })
      }
      let separator = try call.string("separator")
      guard !separator.isEmpty else {
        throw call.wrongValue("separator", "must not be empty; `list(text)` gives characters")
      }
      return .list(Pieces.of(text, between: separator).map { .string($0) })
    }
    self["trim"] = { call in
      let text = try call.string("text")
      let start = text.drop(while: \.isWhitespace)
      let end = start.lastIndex { !$0.isWhitespace }
      return .string(end.map { String(start[...$0]) } ?? "")
    }
    self["upper"] = { call in .string(try call.string("text").uppercased()) }
    self["lower"] = { call in .string(try call.string("text").lowercased()) }
    self["substitute"] = { call in
      let old = try call.string("old")
      guard !old.isEmpty else { throw call.wrongValue("old", "must not be empty") }
      let new = try call.string("new")
      return .string(Pieces.of(try call.string("text"), between: old).joined(separator: new))
    }
    self["starts_with"] = { call in .bool(try call.string("text").utf8.starts(with: call.string("start").utf8)) }
    self["ends_with"] = { call in
      .bool(try call.string("text").utf8.reversed().starts(with: call.string("end").utf8.reversed()))
    }
  }
}

/// Searching in text, byte by byte as equality does.
enum Pieces {
  /// The stretches between occurrences of `separator`, which is not empty.
  static func of(_ text: String, between separator: String) -> [String] {
    let bytes = Array(text.utf8)
    let wanted = Array(separator.utf8)
    var pieces: [String] = []
    var start = 0
    var position = 0
    while position + wanted.count <= bytes.count {
      if bytes[position] == wanted[0], bytes[position..<position + wanted.count].elementsEqual(wanted) {
        pieces.append(String(decoding: bytes[start..<position], as: UTF8.self))
        position += wanted.count
        start = position
      } else {
        position += 1
      }
    }
    pieces.append(String(decoding: bytes[start...], as: UTF8.self))
    return pieces
  }

  static func occurs(_ piece: String, in text: String) -> Bool {
    piece.isEmpty || of(text, between: piece).count > 1
  }
}
