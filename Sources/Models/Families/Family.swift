import Checkpoints

/// What is particular to one architecture: how its configuration file reads and what its tensors are called.
struct Family: Sendable {
  /// The `model_type` values this family reads.
  let modelTypes: [String]
  /// The conversation that models of this family expect where their folder does not say.
  let template: Template
  let configuration: @Sendable (Field) throws -> ModelConfiguration
  /// Where a checkpoint may keep a weight, the usual place first.
  let places: @Sendable (Site, ModelConfiguration) -> [WeightPlace]
  /// The folder that holds the vision tower's weights where the model's own files do not.
  var towerFolder: FileSource?
  /// The file that holds the projector where the model's own files do not.
  var projectorFile: FileBytes?
  /// Whether a folder's chat template is not this model's: it came with the language model that it was made of.
  var ignoresChatTemplate = false
  /// How images are prepared where the folder does not say.
  var imageProcessor: ImageProcessor?
  /// Norms that checkpoints hold and that no forward pass reads, by the name before `.weight`, with their widths.
  let unreadNorms: @Sendable (ModelConfiguration) -> [(name: String, width: Int)]
  /// Whether an untrained model's maps back to the residual stream are drawn smaller the more of them there are, as in GPT-2.
  let drawsByDepth: Bool

  init(
    modelTypes: [String], template: Template, configuration: @escaping @Sendable (Field) throws -> ModelConfiguration,
    places: @escaping @Sendable (Site, ModelConfiguration) -> [WeightPlace],
    unreadNorms: @escaping @Sendable (ModelConfiguration) -> [(name: String, width: Int)] = { _ in [] },
    drawsByDepth: Bool = false
  ) {
    self.modelTypes = modelTypes
    self.template = template
    self.configuration = configuration
    self.places = places
    self.unreadNorms = unreadNorms
    self.drawsByDepth = drawsByDepth
  }

  /// A decoder alone.
  init(
    decoder name: String, configuration: @escaping @Sendable (Field) throws -> DecoderConfiguration,
    places: @escaping @Sendable (Site, DecoderConfiguration) -> [WeightPlace], drawsByDepth: Bool = false
  ) {
    self.init(
      modelTypes: [name], template: .plain,
      configuration: { ModelConfiguration(family: name, decoder: try configuration($0)) },
      places: { places($0, $1.decoder) }, drawsByDepth: drawsByDepth)
  }

  static let all = [
    Llama.family, Mistral.family, Qwen2.family, Qwen3.family, Phi.family, Phi3.family, Gemma2.family,
    Gemma3.family, GPT2.family, StableLM.family,
  ]

  /// The family that `config` belongs to.
  ///
  /// - Parameter source: the model's folder, for models whose parts may lie in folders of their own.
  /// - Throws: an error that lists the known model types.
  static func of(_ config: Field, in source: FileSource? = nil) throws -> Family {
    let type = config["model_type"]
    let name = try type.string()
    for family in all where family.modelTypes.contains(name) { return family }
    for composite in CompositeFamily.all where composite.modelTypes.contains(name) && composite.isMeant(config) {
      return try composite.family(config, source)
    }
    let known = Set(all.flatMap(\.modelTypes) + CompositeFamily.all.flatMap(\.modelTypes))
    throw ModelError.unknownModelType(name, known: known.sorted(), file: type.file)
  }

  /// The family of the decoder that a model contains.
  ///
  /// - Parameter name: its `model_type`, which `field` gave.
  static func decoder(_ name: String, field: Field) throws -> Family {
    guard let family = all.first(where: { $0.modelTypes.contains(name) }) else {
      throw field.mustBe("one of \(all.flatMap(\.modelTypes).sorted().joined(separator: ", "))")
    }
    return family
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
  /// What a `config.json` says.
  public init(_ config: Field) throws { self = try Family.of(config).configuration(config) }
}
