import Checkpoints

/// A model in GGUF files: a language model and, for one that sees, the file of its vision tower.
public struct GGUFModel: Sendable {
  let language: GGUF
  let tower: GGUFTower?
  let architecture: GGUFArchitecture
  /// What a folder of the same model would hold beside its weights.
  let files: FileSource

  /// - Parameter mmproj: the vision tower and projector, which llama.cpp keeps in a second file.
  /// - Throws: `CheckpointError` for what is wrong with a file; errors name the key or the tensor.
  public init(_ language: FileBytes, mmproj: FileBytes? = nil) throws {
    let file = try GGUF(language)
    let count = try file.integer("split.count", in: 0...1 << 16, or: 0)
    if count > 1 {
      let part = try file.integer("split.no", in: 0...1 << 16, or: 0) + 1
      throw CheckpointError(file.name, .gguf(.split(part: part, count: count)))
    }
    self.language = file
    architecture = try GGUFArchitecture.of(file)
    tower = try mmproj.map { try GGUFTower(GGUF($0)) }
    let text = try GGUFKeys(file: file, architecture: architecture).configuration()
    var parts: [String: JSON.Object] = ["config.json": text]
    if let tower {
      let image = try GGUFModel.imageToken(file)
      parts["config.json"] = try tower.configuration(text: text, imageToken: image)
      parts["processor_config.json"] = try tower.processor()
    }
    let ends = try ["eos_token_id", "eot_token_id"].compactMap { name -> JSON? in
      let key = "tokenizer.ggml.\(name)"
      return file.value(key) == nil ? nil : .integer(try file.integer(key, in: 0...1 << 30))
    }
    if !ends.isEmpty { parts["generation_config.json"] = ["eos_token_id": .array(ends)] }
    // Where templates look for their own text.
    let template = "tokenizer.chat_template"
    if file.value(template) != nil {
      // A language model's own template has no place for images; LLaVA's conversation has.
      let text = try file.string(template)
      if tower == nil || text.contains("image") { parts["tokenizer_config.json"] = ["chat_template": .string(text)] }
    }
    files = FileSource(
      name: file.name,
      files: try parts.reduce(into: [:]) { files, part in
        let name = "\(file.name)/\(part.key)"
        files[part.key] = FileBytes(Array(try JSON.object(part.value).text(file: name).utf8), name: name)
      })
  }

  /// The model in a folder that holds GGUF files and no `config.json`: one language model, and beside it the vision tower if
  /// there is one. Nil where no GGUF files are.
  /// - Throws: an error that lists the files where there are several models.
  public init?(_ source: FileSource) throws {
    let files = source.contains("config.json") ? [] : source.files.filter { $0.hasSuffix(".gguf") }
    guard !files.isEmpty else { return nil }
    let isTower = try files.map { name in
      try GGUF(source.bytes(of: name)).string("general.architecture", or: "") == "clip"
    }
    let towers = zip(files, isTower).filter { $0.1 }.map(\.0)
    let languages = zip(files, isTower).filter { !$0.1 }.map(\.0)
    guard languages.count == 1, towers.count <= 1 else {
      throw ModelError.severalModels(folder: source.name, languages: languages, towers: towers)
    }
    try self.init(source.bytes(of: languages[0]), mmproj: towers.first.map { try source.bytes(of: $0) })
  }

  /// The id that stands for image patches: the vocabulary's own token where it has one, otherwise the one for unknown text,
  /// whose embedding no image needs.
  private static func imageToken(_ file: GGUF) throws -> Int {
    let tokens = try file.strings("tokenizer.ggml.tokens")
    if let own = tokens.firstIndex(of: "<image>") { return own }
    return try file.integer("tokenizer.ggml.unknown_token_id", in: 0...max(tokens.count - 1, 0), or: 0)
  }
}
