import Checkpoints

/// What is particular to one architecture: how its configuration file reads and what its tensors are called.
struct Family: Sendable {
  /// The `model_type` values this family reads.
  let modelTypes: [String]
  /// The conversation that models of this family expect where their folder does not say.
  let template: Template
  /// Whether its forward pass is here; of the others only parameters can be counted.
  let runs: Bool
  let configuration: @Sendable (Field) throws -> ModelConfiguration
  /// The names the checkpoint may use for a weight, the usual one first.
  let names: @Sendable (Site) -> [String]
  /// Norms that checkpoints hold and that no forward pass reads, by the name before `.weight`, with their widths.
  let unreadNorms: @Sendable (ModelConfiguration) -> [(name: String, width: Int)]

  init(
    modelTypes: [String], template: Template, runs: Bool = true,
    configuration: @escaping @Sendable (Field) throws -> ModelConfiguration,
    names: @escaping @Sendable (Site) -> [String],
    unreadNorms: @escaping @Sendable (ModelConfiguration) -> [(name: String, width: Int)] = { _ in [] }
  ) {
    self.modelTypes = modelTypes
    self.template = template
    self.runs = runs
    self.configuration = configuration
    self.names = names
    self.unreadNorms = unreadNorms
  }

  static let all = [Llava.family, Llama.family, Phi.family]

  /// The family that `config` belongs to.
  /// - Throws: an error that lists the known model types.
  static func of(_ config: Field) throws -> Family { try named(config["model_type"], among: all) }

  /// The family that `config` belongs to, whose models can be run.
  static func running(_ config: Field) throws -> Family {
    let name = try config["model_type"].string()
    if all.contains(where: { !$0.runs && $0.modelTypes.contains(name) }) {
      throw ModelError.configurationOnly(name, file: config.file)
    }
    return try named(config["model_type"], among: all.filter(\.runs))
  }

  private static func named(_ type: Field, among families: [Family]) throws -> Family {
    let name = try type.string()
    for family in families where family.modelTypes.contains(name) { return family }
    throw ModelError.unknownModelType(name, known: families.flatMap(\.modelTypes).sorted(), file: type.file)
  }
}

extension Site.Point {
  /// A weight's path without its last step, `attention.query`, and that step, `weight` or `bias`.
  var module: (name: String, parameter: String) {
    guard let dot = rawValue.lastIndex(of: ".") else { return (rawValue, "") }
    return (String(rawValue[..<dot]), String(rawValue[rawValue.index(after: dot)...]))
  }
}

extension ModelConfiguration {
  /// What a `config.json` says, of models that can be run and of those that can only be counted.
  public init(_ config: Field) throws { self = try Family.of(config).configuration(config) }
}
