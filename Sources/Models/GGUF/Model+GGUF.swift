import Checkpoints

extension Model {
  /// Reads GGUF files. The weights are mapped and stay as they are stored, in blocks where they are quantised.
  ///
  /// - Parameter compute: how linear maps multiply whose weights are not quantised.
  /// - Throws: `CheckpointError` for what is wrong inside a file, `ModelError` for tensors that are missing or do not fit.
  public static func load(_ gguf: GGUFModel, compute: Compute = .f32) throws -> Model {
    let config = try Field(gguf.files.bytes(of: "config.json"))
    let family = try Family.of(config)
    let blueprint = try inspect(gguf)
    let weights = GGUFWeights(model: gguf, configuration: blueprint.configuration)
    let assembly = ModelAssembly(
      configuration: blueprint.configuration, family: family, source: weights, compute: compute)
    return Model(
      blueprint, decoder: try assembly.decoder(), visionTower: try assembly.visionTower(),
      projector: try assembly.projector(), others: [])
  }

  /// Everything but the weights.
  public static func inspect(_ gguf: GGUFModel) throws -> Blueprint {
    try Blueprint(gguf.files, origin: gguf.language.name, tokenizer: Tokenizer(gguf.language))
  }
}
