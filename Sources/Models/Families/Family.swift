import Checkpoints

/// What is particular to one architecture: how its configuration file reads and what its tensors are called.
struct Family: Sendable {
  /// The `model_type` values this family reads.
  let modelTypes: [String]
  /// The conversation that models of this family expect where their folder does not say.
  let template: Template
  let configuration: @Sendable (Field) throws -> ModelConfiguration
  /// The names the checkpoint may use for a part, the usual one first.
  let names: @Sendable (WeightName) -> [String]

  static let all = [Llava.family, Llama.family]

  /// The family that `config` belongs to.
  /// - Throws: an error that lists the known model types.
  static func of(_ config: Field) throws -> Family {
    let name = try config["model_type"].string()
    for family in all where family.modelTypes.contains(name) { return family }
    throw ModelError.unknownModelType(name, known: all.flatMap(\.modelTypes).sorted(), file: config.file)
  }
}
