extension Tokenizer {
  /// The tokenizer that a GGUF file carries under `tokenizer.ggml.…`: SentencePiece's pieces (`llama`, `t5`) or byte-level
  /// tokens and merges (`gpt2`).
  ///
  /// What a file does not say is as llama.cpp has it.
  /// - Throws: errors that name the key, the token or the merge.
  public convenience init(_ file: GGUF) throws {
    let keys = GGUFVocabulary(file)
    let (tokens, kinds) = (try keys.tokens(), try keys.kinds())
    let special = try keys.special(tokens)
    let key = "tokenizer.ggml.model"
    switch try file.string(key) {
    case let model where ["llama", "t5"].contains(model):
      let scores = try keys.scores(count: tokens.count)
      let pieces = tokens.indices.map {
        SentencePiece(text: tokens[$0], score: scores[$0], kind: kinds.isEmpty ? .normal : kinds[$0])
      }
      var options = PieceOptions()
      options.isUnigram = model == "t5"
      options.addsSpace = try keys.flag("add_space_prefix", or: true)
      options.addsSpaceEverywhere = options.addsSpace
      options.removesExtraSpaces = try keys.flag("remove_extra_whitespaces", or: false)
      options.fallsBackToBytes = kinds.contains(.byte)
      options.addsBeginning = try keys.flag("add_bos_token", or: true)
      options.addsEnd = try keys.flag("add_eos_token", or: false)
      try self.init(name: file.name, pieces: pieces, options: options, special: special)
    case "gpt2":
      let pattern = try file.string("tokenizer.ggml.pre", or: "default")
      try self.init(
        name: file.name, tokens: tokens, merges: file.strings("tokenizer.ggml.merges"), pattern: pattern, kinds: kinds,
        special: special, addsBeginning: keys.flag("add_bos_token", or: pattern.hasPrefix("llama")),
        addsEnd: keys.flag("add_eos_token", or: false))
    default: throw file.mustBe(key, "one of \"llama\", \"gpt2\", \"t5\"")
    }
  }
}

/// The keys of a GGUF file's tokenizer.
private struct GGUFVocabulary {
  let file: GGUF
  init(_ file: GGUF) { self.file = file }

  private func key(_ name: String) -> String { "tokenizer.ggml.\(name)" }
  func flag(_ name: String, or fallback: Bool) throws -> Bool { try file.bool(key(name), or: fallback) }

  func tokens() throws -> [String] {
    let tokens = try file.strings(key("tokens"))
    guard !tokens.isEmpty else { throw file.mustBe(key("tokens"), "an array of strings that is not empty") }
    return tokens
  }

  /// What each token is; empty where the file does not say.
  func kinds() throws -> [SentencePiece.Kind] {
    guard file.value(key("token_type")) != nil else { return [] }
    let numbers = try file.integers(key("token_type"))
    guard try numbers.count == tokens().count else {
      throw file.mustBe(key("token_type"), "as many integers as there are tokens, \(try tokens().count)")
    }
    // llama.cpp's 0, undefined, is a token like any other.
    return try numbers.map { number in
      guard let kind = number == 0 ? .normal : SentencePiece.Kind(rawValue: number) else {
        throw file.mustBe(key("token_type"), "an array of integers from 0 to 6")
      }
      return kind
    }
  }

  func scores(count: Int) throws -> [Float] {
    let scores = try file.numbers(key("scores"))
    guard scores.count == count, scores.allSatisfy(\.isFinite) else {
      throw file.mustBe(key("scores"), "as many finite numbers as there are tokens, \(count)")
    }
    return scores.map { Float($0) }
  }

  func special(_ tokens: [String]) throws -> SpecialTokens {
    func named(_ name: String) throws -> SpecialTokens.Named? {
      let key = key(name)
      guard file.value(key) != nil else { return nil }
      let id = try file.integer(key, in: 0...tokens.count - 1)
      return SpecialTokens.Named(text: tokens[id], id: id)
    }
    let template = "tokenizer.chat_template"
    return SpecialTokens(
      beginning: try named("bos_token_id"), end: try named("eos_token_id"), padding: try named("padding_token_id"),
      unknown: try named("unknown_token_id"),
      chatTemplate: file.value(template) == nil ? nil : try file.string(template))
  }
}
