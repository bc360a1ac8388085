/// What is done to the tokens of a text: `post_processor` in `tokenizer.json`, for a single sequence.
struct PostProcessor: Sendable {
  struct Added: Sendable {
    let id: Int
    let text: String
  }

  private enum Step: Sendable {
    /// Leaves white space at the ends of tokens out of their ranges.
    case trim(addsSpace: Bool)
    case surround(before: [Added], after: [Added])
  }

  private let steps: [Step]

  static let none = PostProcessor(steps: [])
  static let read = ["TemplateProcessing", "ByteLevel", "RobertaProcessing", "BertProcessing", "Sequence"]

  private init(steps: [Step]) { self.steps = steps }

  /// Tokens before and after a text.
  init(before: [Added], after: [Added]) { steps = [.surround(before: before, after: after)] }

  /// - Parameters:
  ///   - before: the token that begins a text; nil for none.
  ///   - after: the one that ends it.
  init(before: SpecialTokens.Named?, after: SpecialTokens.Named?) {
    func added(_ token: SpecialTokens.Named?) -> [Added] { token.map { [Added(id: $0.id, text: $0.text)] } ?? [] }
    self.init(before: added(before), after: added(after))
  }

  /// - Parameter field: `post_processor` in `tokenizer.json`.
  init(_ field: Field) throws { steps = field.exists ? try Self.steps(field) : [] }

  private static func steps(_ field: Field) throws -> [Step] {
    let type = try field["type"].string()
    switch type {
    case "TemplateProcessing": return [try template(field)]
    case "ByteLevel":
      guard try field["trim_offsets"].bool(or: true) else { return [] }
      return [.trim(addsSpace: try field["add_prefix_space"].bool(or: true))]
    case "RobertaProcessing":
      let surround = Step.surround(before: [try pair(field["cls"])], after: [try pair(field["sep"])])
      guard try field["trim_offsets"].bool(or: true) else { return [surround] }
      return [.trim(addsSpace: try field["add_prefix_space"].bool(or: true)), surround]
    case "BertProcessing": return [.surround(before: [try pair(field["cls"])], after: [try pair(field["sep"])])]
    case "Sequence": return try field["processors"].array().flatMap { try steps($0) }
    default:
      throw CheckpointError(
        field.file, .tokenizer(.unsupported(field: field.path + ".type", found: type, read: read)))
    }
  }

  private static func pair(_ field: Field) throws -> Added {
    Added(id: try field[1].integer(in: 0...Int(Int32.max)), text: try field[0].string())
  }

  private static func template(_ field: Field) throws -> Step {
    var parts: [[Added]] = [[]]
    for piece in try field["single"].array() {
      if piece["Sequence"].exists {
        parts.append([])
        continue
      }
      let special = field["special_tokens"][try piece["SpecialToken"]["id"].string()]
      let ids = try special["ids"].integers(in: 0...Int(Int32.max))
      let tokens = try special["tokens"].strings()
      guard ids.count == tokens.count else { throw special["tokens"].mustBe("an array of \(ids.count) strings") }
      parts[parts.count - 1] += zip(ids, tokens).map { Added(id: $0, text: $1) }
    }
    guard parts.count == 2 else { throw field["single"].mustBe("a template with one Sequence") }
    return .surround(before: parts[0], after: parts[1])
  }

  /// - Parameters:
  ///   - text: the input, for what is white space in it.
  ///   - added: the tokens that may have taken white space along.
  func apply(to tokens: inout [Token], _ text: String, addSpecial: Bool, added: AddedTokens) {
    for step in steps {
      switch step {
      case .trim(let addsSpace): Self.trim(&tokens, Array(text.utf8), addsSpace: addsSpace, added)
      case .surround(let before, let after):
        guard addSpecial else { continue }
        let end = text.utf8.count
        tokens =
          before.map { Token(id: $0.id, text: $0.text, range: 0..<0) } + tokens
          + after.map { Token(id: $0.id, text: $0.text, range: end..<end) }
      }
    }
  }

  private static func trim(_ tokens: inout [Token], _ bytes: [UInt8], addsSpace: Bool, _ added: AddedTokens) {
    // The token "Ġ" stands for a space; a character of white space only stands in added tokens.
    func isWhite(_ scalar: Unicode.Scalar) -> Bool { scalar.value == 0x120 || scalar.isWhiteSpace }
    for place in tokens.indices {
      let token = tokens[place]
      let isAdded = added.content(of: token.id) != nil
      let text = isAdded ? String(decoding: bytes[token.range], as: UTF8.self) : token.text
      let leading = text.unicodeScalars.prefix(while: isWhite).count
      let trailing = text.unicodeScalars.reversed().prefix(while: isWhite).count
      guard leading > 0 || trailing > 0 else { continue }
      var (start, end) = (token.range.lowerBound, token.range.upperBound)
      let keepsFirst = (place == 0 || start == 0) && addsSpace && leading == 1
      for _ in 0..<(keepsFirst ? 0 : leading) where start < end {
        repeat { start += 1 } while start < end && bytes[start] & 0xC0 == 0x80
      }
      for _ in 0..<trailing where end > start {
        repeat { end -= 1 } while end > start && bytes[end] & 0xC0 == 0x80
      }
      tokens[place] = Token(id: token.id, text: token.text, range: start..<end, isUnknown: token.isUnknown)
    }
  }
}
