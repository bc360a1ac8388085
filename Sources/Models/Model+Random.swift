import Checkpoints
import Tensors

extension Model {
  /// An untrained model of the architecture that a folder's `config.json` describes, with the folder's tokenizer and
  /// image processor; its weights, if there are any, are not opened.
  ///
  /// Weights are f32, drawn as transformers draws them (`Initialisation`); equal keys give equal models.
  ///
  /// - Throws: as `load`, but for the weights.
  public static func random(_ source: FileSource, key: RandomKey) throws -> Model {
    let source = try ModelFiles(source).files
    let config = try Field(source.bytes(of: "config.json", expected: "the model's configuration"))
    let family = try Family.of(config, in: source)
    let blueprint = try Blueprint(source, origin: "\(source.name), random weights")
    let configuration = blueprint.configuration
    let weights = RandomWeights(
      configuration: configuration, initialisation: try Initialisation(config, byDepth: family.drawsByDepth),
      key: key)
    let assembly = ModelAssembly(configuration: configuration, family: family, source: weights)
    let others = family.unreadNorms(configuration).flatMap { norm in
      let shape = Shape([Axis("model", norm.width)])
      return [
        (name: norm.name + ".weight", tensor: Tensor(shape) { $0.update(repeating: 1) }),
        (name: norm.name + ".bias", tensor: Tensor(shape) { $0.update(repeating: 0) }),
      ]
    }
    return Model(
      blueprint, decoder: try assembly.decoder(), visionTower: try assembly.visionTower(),
      projector: try assembly.projector(), others: others)
  }
}
