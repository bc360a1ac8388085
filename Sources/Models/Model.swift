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
  let decoder: Decoder
  let visionTower: VisionTower?
  let projector: Projector?

  public var configuration: ModelConfiguration { blueprint.configuration }
  /// Where it came from: the folder's path or the embedded model's name.
  public var origin: String { blueprint.origin }

  /// Reads a Hugging Face folder. The weights are mapped, not copied and not converted.
  ///
  /// - Throws: `CheckpointError` for what is wrong inside a file, `ModelError` for an architecture that is not known
  ///   and for tensors that are missing or do not fit the configuration.
  public static func load(_ source: FileSource) throws -> Model {
    let config = try Field(source.bytes(of: "config.json", expected: "the model's configuration"))
    return try Model(Blueprint(source), WeightReader(file: Safetensors(source), family: Family.of(config)))
  }

  /// Everything but the weights, which are not even opened.
  public static func inspect(_ source: FileSource) throws -> Blueprint { try Blueprint(source) }

  private init(_ blueprint: Blueprint, _ reader: WeightReader) throws {
    let configuration = blueprint.configuration
    self.blueprint = blueprint
    decoder = try reader.decoder(configuration.decoder)
    visionTower = try configuration.vision.map(reader.visionTower)
    projector = try configuration.projector.map(reader.projector)
    fingerprint = ModelFingerprint(configuration, reader.file)
    parameterCount = reader.file.entries.reduce(0) { $0 + ($1.shape.contains(0) ? 0 : $1.shape.reduce(1, *)) }
    // The output layer is the largest matrix or close to it.
    dtype = decoder.output.weight.tensor.dtype
  }
}
