import Checkpoints

/// Models of a vision tower, a projector and a decoder: which of them they are made of stands in their configuration, so
/// a `Family` is put together for each.
struct CompositeFamily: Sendable {
  let modelTypes: [String]
  /// Whether a configuration with one of these types is laid out as this family reads it.
  let isMeant: @Sendable (Field) -> Bool
  let family: @Sendable (Field, FileSource?) throws -> Family

  init(
    modelTypes: [String], isMeant: @escaping @Sendable (Field) -> Bool = { _ in true },
    family: @escaping @Sendable (Field, FileSource?) throws -> Family
  ) {
    self.modelTypes = modelTypes
    self.isMeant = isMeant
    self.family = family
  }

  static let all = [
    Llava.family, Llava.next, OriginalLlava.family, TinyLlava.family, MiniGPTv2.family, QwenVL.qwen2,
    QwenVL.qwen2point5,
  ]
}

/// The parts of a model that are put together, read from its configuration.
struct CompositeParts: Sendable {
  let decoderFamily: Family
  let decoder: DecoderConfiguration
  let towerFamily: TowerFamily
  let vision: VisionConfiguration

  /// - Parameters:
  ///   - tied: whether the file says at the top that the output layer is the embedding table.
  ///   - outputBias: nil where the decoder has its family's.
  ///   - visionType: what an absent `model_type` of the tower means.
  init(
    text: Field, type: String, typeField: Field, tied: Bool, outputBias: Bool? = nil, vision: Field,
    visionType: String = "clip_vision_model", features: FeatureChoice
  ) throws {
    decoderFamily = try Family.decoder(type, field: typeField)
    var decoder = try decoderFamily.configuration(text).decoder
    guard !decoder.learnedPositions else {
      throw typeField.mustBe("a decoder without learned positions, which image features would not get")
    }
    decoder.tiedEmbeddings = tied || decoder.tiedEmbeddings
    if let outputBias { decoder.outputBias = outputBias }
    self.decoder = decoder
    towerFamily = try TowerFamily.of(vision, or: visionType)
    self.vision = try towerFamily.configuration(vision, features)
  }

  /// A projector of `depth` maps from the tower's features to the decoder.
  func projector(
    depth: Int = 2, activation: Activation = .gelu, bias: Bool = true, endsLines: Bool = false
  ) -> ProjectorConfiguration {
    let width = decoder.block.width
    return ProjectorConfiguration(
      depth: depth, input: vision.featureWidth, hidden: width, output: width, activation: activation, bias: bias,
      endsLines: endsLines)
  }

  /// Where the decoder's weights are, with each name changed.
  func decoderPlaces(_ site: Site, _ model: ModelConfiguration, _ names: (String) -> [String]) -> [WeightPlace] {
    guard site.stack == .decoder else { return [] }
    return decoderFamily.places(site, model).flatMap { place in names(place.name).map { place.renamed($0) } }
  }

  /// Where the tower's weights are, below any of the prefixes.
  func towerPlaces(_ site: Site, _ prefixes: [String]) -> [WeightPlace] {
    guard site.stack == .vision else { return [] }
    let places = towerFamily.places(site, vision)
    return prefixes.flatMap { prefix in places.map { $0.renamed(prefix + $0.name) } }
  }

  /// The tower's norm that no pass reads, below a prefix.
  func unreadNorms(_ prefix: String) -> [(name: String, width: Int)] {
    towerFamily.unreadNorm.map { [(name: prefix + $0, width: vision.block.width)] } ?? []
  }
}

extension ProjectorConfiguration {
  /// How many maps LLaVA's `mm_projector_type` or the TinyLLaVA factory's `connector_type` means.
  static func depth(_ type: Field) throws -> Int {
    let name = try type.string(or: "linear")
    if name == "linear" { return 1 }
    for depth in 1...mostDepth where name == "mlp\(depth)x_gelu" { return depth }
    throw type.mustBe("linear or mlp1x_gelu to mlp\(mostDepth)x_gelu; resamplers are not supported")
  }

  /// Where the maps are that torch's `Sequential` numbers, an activation between each two; a single one may stand without
  /// a number.
  func places(_ site: Site, sequential prefix: String) -> [WeightPlace] {
    guard site.stack == .projector, let index = maps.firstIndex(where: { [$0.weight, $0.bias].contains(site.point) })
    else { return [] }
    let parameter = site.point.module.parameter
    let numbered = "\(prefix).\(2 * index).\(parameter)"
    return (depth == 1 ? ["\(prefix).\(parameter)", numbered] : [numbered]).map { WeightPlace($0) }
  }
}

extension WeightPlace {
  func renamed(_ name: String) -> WeightPlace {
    WeightPlace(name, part: part, isTurned: isTurned, leadingOnes: leadingOnes)
  }
}
