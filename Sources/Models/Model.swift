import Checkpoints
import Tensors

/// A vision-language model, or a decoder alone: immutable, with its weights as they lie in their file.
public final class Model: Sendable {
  /// What the folder says beside the weights; prompts are made with it.
  public let blueprint: Blueprint
  public let fingerprint: ModelFingerprint
  /// Numbers in all tensors of the checkpoint.
  public let parameterCount: Int
  /// How most of the parameters are stored.
  public let dtype: DType
  /// How its linear maps multiply.
  public var compute: Compute { decoder.output.weight.compute }
  let decoder: Decoder
  let visionTower: VisionTower?
  let projector: Projector?
  /// What the vision tower made of images.
  let features = FeatureCache()

  public var configuration: ModelConfiguration { blueprint.configuration }
  /// Where it came from: the folder's path or the embedded model's name.
  public var origin: String { blueprint.origin }

  /// Tensors of the checkpoint that no forward pass reads; they are saved along.
  let others: [(name: String, tensor: Tensor)]

  /// Reads a Hugging Face folder. The weights are mapped, not copied and not converted, but for
  /// maps that a file stores turned (`WeightPlace.isTurned`), which are copied.
  ///
  /// - Parameter compute: how linear maps multiply. It is no part of the fingerprint.
  /// - Throws: `CheckpointError` for what is wrong inside a file, `ModelError` for an architecture that is not known
  ///   and for tensors that are missing or do not fit the configuration.
  public static func load(_ source: FileSource, compute: Compute = .f32) throws -> Model {
    try load(ModelFiles(source), compute: compute)
  }

  /// - Parameter weights: opens the files that the weights are in; nil for those of the folder.
  static func load(
    _ source: FileSource, origin: String, compute: Compute, weights files: (() throws -> [WeightFile])? = nil
  ) throws -> Model {
    let config = try Field(source.bytes(of: "config.json", expected: "the model's configuration"))
    let family = try Family.of(config, in: source)
    let blueprint = try Blueprint(source, origin: origin)
    let reader = WeightReader(
      files: try files?()
        ?? [WeightFile(source)] + (family.towerFolder.map { [try WeightFile($0)] } ?? [])
        + (family.projectorFile.map { [try WeightFile(projector: $0)] } ?? []))
    let assembly = ModelAssembly(
      configuration: blueprint.configuration, family: family, source: reader, compute: compute)
    let (decoder, tower, projector) = (
      try assembly.decoder(), try assembly.visionTower(), try assembly.projector()
    )
    var names = Set(weights(decoder, tower, projector).map(\.weight.name))
    for pair in decoder.lowRanks { names.formUnion([pair.down.name, pair.up.name]) }
    // A file may hold the output layer although it is the embedding table; what it holds is never read.
    if blueprint.configuration.decoder.tiedEmbeddings {
      names.formUnion(family.places(Site(.decoder, .logitsWeight), blueprint.configuration).map(\.name))
    }
    return Model(
      blueprint, decoder: decoder, visionTower: tower, projector: projector, others: try reader.others(than: names))
  }

  /// Everything but the weights, which are not even opened.
  public static func inspect(_ source: FileSource) throws -> Blueprint { try inspect(ModelFiles(source)) }

  init(
    _ blueprint: Blueprint, decoder: Decoder, visionTower: VisionTower?, projector: Projector?,
    others: [(name: String, tensor: Tensor)]
  ) {
    self.blueprint = blueprint
    self.decoder = decoder
    self.visionTower = visionTower
    self.projector = projector
    self.others = others
    let pairs = decoder.lowRanks.flatMap { [$0.down, $0.up] }
    let own = (Self.weights(decoder, visionTower, projector).map(\.weight) + pairs).map {
      (name: $0.name, tensor: $0.tensor)
    }
    let tensors = own + others
    fingerprint = ModelFingerprint(blueprint.configuration, tensors)
    parameterCount = tensors.reduce(0) { $0 + $1.tensor.count }
    var counts: [DType: Int] = [:]
    for (_, weight) in Self.weights(decoder, visionTower, projector) {
      counts[weight.stored, default: 0] += weight.tensor.count
    }
    dtype = counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key ?? .f32
  }
}
