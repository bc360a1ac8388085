/// The tokens that surround an encoded text: `post_processor` in `tokenizer.json`, for a single sequence.
struct TokenTemplate: Sendable {
  private let before: [(id: Int, text: String)]
  private let after: [(id: Int, text: String)]

  /// - Parameter field: `post_processor` in `tokenizer.json`.
  init(_ field: Field) throws {
    guard field.exists else {
      (before, after) = ([], [])
      return
    }
    let type = try field["type"].string()
    guard type == "TemplateProcessing" else {
      throw CheckpointError(
        field.file,
        .tokenizer(.unsupported(field: "post_processor.type", found: type, read: ["TemplateProcessing"])))
    }
    var parts: [[(id: Int, text: String)]] = [[]]
    for piece in try field["single"].array() {
      if piece["Sequence"].exists {
        parts.append([])
        continue
      }
      let special = field["special_tokens"][try piece["SpecialToken"]["id"].string()]
      let ids = try special["ids"].integers(in: 0...Int(Int32.max))
      let tokens = try special["tokens"].strings()
      guard ids.count == tokens.count else { throw special["tokens"].mustBe("an array of \(ids.count) strings") }
      parts[parts.count - 1] += zip(ids, tokens).map { (id: $0, text: $1) }
    }
    guard parts.count == 2 else { throw field["single"].mustBe("a template with one Sequence") }
    (before, after) = (parts[0], parts[1])
  }

  func wrap(_ tokens: [Token], byteCount: Int) -> [Token] {
    before.map { Token(id: $0.id, text: $0.text, range: 0..<0) } + tokens
      + after.map { Token(id: $0.id, text: $0.text, range: byteCount..<byteCount) }
  }
}
