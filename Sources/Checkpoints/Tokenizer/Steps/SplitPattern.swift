import Foundation

/// What a text is cut at: a text or a regular expression.
///
/// The patterns that the known families use are scanned by hand (`PatternScanner`); all others go through
/// `NSRegularExpression`, whose classes agree with the library's engine.
enum SplitPattern: Sendable {
  case literal([UInt8])
  case scanner(PatternScanner)
  case regularExpression(Expression)

  /// A compiled expression; it cannot change.
  struct Expression: @unchecked Sendable {
    let expression: NSRegularExpression
  }

  /// - Parameter field: `{"String": …}` or `{"Regex": …}`.
  init(_ field: Field) throws {
    if field["String"].exists {
      self = .literal(Array(try field["String"].string().utf8))
      return
    }
    try self.init(pattern: field["Regex"].string(), field: field["Regex"])
  }

  /// - Parameter field: where the pattern stands, for the error.
  init(pattern: String, field: Field) throws {
    if let known = PatternScanner(pattern: pattern) {
      self = .scanner(known)
    } else if let expression = try? NSRegularExpression(pattern: pattern) {
      self = .regularExpression(Expression(expression: expression))
    } else {
      throw CheckpointError(field.file, .tokenizer(.badPattern(field: field.path, pattern: pattern)))
    }
  }

  /// By byte, what is matched, where that is single ASCII characters; nil otherwise.
  var characters: [Bool]? {
    switch self {
    case .literal(let literal):
      guard literal.count == 1, literal[0] < 0x80 else { return nil }
      var set = [Bool](repeating: false, count: 256)
      set[Int(literal[0])] = true
      return set
    case .scanner(let scanner): return scanner.characters
    case .regularExpression: return nil
    }
  }

  /// Calls `body` with each match in a part of a text, in order. Matches may be empty.
  func matches(
    in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    switch self {
    case .scanner(let scanner): scanner.matches(in: text, range, body)
    case .literal(let literal):
      guard let first = literal.first else { return }
      var next = range.lowerBound
      while next + literal.count <= range.upperBound {
        if text[next] == first, literal.indices.allSatisfy({ text[next + $0] == literal[$0] }) {
          body(next..<next + literal.count)
          next += literal.count
        } else {
          next += 1
        }
      }
    case .regularExpression(let held):
      let string = String(decoding: text[range], as: UTF8.self)
      let count = string.utf16.count
      // The expression counts in UTF-16; matches come in order, so one walk converts them.
      var (utf16, utf8) = (0, range.lowerBound)
      func place(_ target: Int) -> Int {
        while utf16 < target, utf8 < range.upperBound {
          let length = scalarLength(text[utf8])
          utf16 += length == 4 ? 2 : 1
          utf8 += length
        }
        return utf8
      }
      for match in held.expression.matches(in: string, range: NSRange(location: 0, length: count)) {
        let start = place(match.range.location)
        body(start..<place(match.range.location + match.range.length))
      }
    }
  }
}
