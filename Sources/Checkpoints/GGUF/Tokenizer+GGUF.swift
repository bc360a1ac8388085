extension Tokenizer {
  /// The tokenizer that a GGUF file carries in its metadata.
  public init(_ file: GGUF) throws {
    let tokens = try file.strings("tokenizer.ggml.tokens")
    let vocabulary = JSON.Object(tokens.enumerated().map { ($1, JSON.integer($0)) })
    let model: JSON = ["type": "WordLevel", "vocab": .object(vocabulary), "unk_token": .string(tokens.first ?? "")]
    let json = try JSON.object(["model": model]).text(file: file.name)
    try self.init(json: FileBytes(Array(json.utf8), name: file.name))
  }
}
