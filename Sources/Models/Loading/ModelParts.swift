import Checkpoints

/// A model whose parts lie in files and folders of their own, as they are published; a `config.json` names them.
public struct ModelParts: Sendable {
  /// The folder with that `config.json`.
  let origin: String
  /// What a folder of the joined model would hold beside its weights.
  let files: FileSource
  /// Opens the parts. Their tensors have the names of the joined model's, the first part that has one counting.
  let weights: @Sendable () throws -> [WeightFile]

  /// Nil for a folder that is no such model.
  /// - Throws: errors that name the part that is missing, or the field that must name it.
  public init?(_ source: FileSource) throws {
    guard source.contains("config.json") else { return nil }
    let config = try Field(source.bytes(of: "config.json"))
    guard let parts = try MiniGPTv2Parts(config, source) else { return nil }
    (origin, files) = (source.name, parts.files)
    weights = { try parts.weights() }
  }
}
