import Checkpoints
import Tensors

/// How transformers draws the weights of a model that is trained from nothing, read from `config.json`.
///
/// Decoder and projector: normal draws of deviation `initializer_range`, biases 0, norms 1, the padding token's
/// embedding 0. CLIP's tower has its own scheme (`CLIPPreTrainedModel._init_weights`): deviations from its width and
/// depth. Other towers are drawn with the deviation `initializer_range`, which is DINOv2's scheme but for the tails that it
/// cuts off, and simpler than SigLIP's.
struct Initialisation: Sendable {
  let decoder: Double
  let projector: Double
  let paddingToken: Int?
  let tower: Double
  let towerFactor: Double
  /// Whether the decoder's maps back to the residual stream are drawn with a deviation less by √(2 · layers).
  let byDepth: Bool
  /// Whether the tower is drawn as CLIP's is.
  let isCLIP: Bool
  /// What DINOv2's scales of additions to the stream start as.
  let outputScale: Double

  init(_ config: Field, byDepth: Bool) throws {
    self.byDepth = byDepth
    let language = config["text_config"].exists ? config["text_config"] : config
    let vision = config["vision_config"]
    decoder = try language["initializer_range"].positive(or: 0.02)
    projector = try config["initializer_range"].positive(or: decoder)
    let padding = language["pad_token_id"]
    paddingToken = padding.exists ? try padding.integer(in: 0...) : nil
    tower = try vision["initializer_range"].positive(or: 0.02)
    towerFactor = try vision["initializer_factor"].positive(or: 1)
    isCLIP = try vision["model_type"].string(or: "clip_vision_model") == "clip_vision_model"
    outputScale = try vision["layerscale_value"].number(or: 1)
  }

  /// The standard deviation of a matrix's draws.
  func deviation(of site: Site, _ configuration: ModelConfiguration) -> Double {
    switch site.stack {
    case .decoder:
      let addsToStream = site.point == .attentionOutputWeight || site.point == .downWeight
      return byDepth && addsToStream ? decoder / (2 * Double(configuration.decoder.layers)).squareRoot() : decoder
    case .projector:
      let width = Double(configuration.decoder.block.width)
      return site.point == .endOfLineWeight ? 1 / width.squareRoot() : projector
    case .vision:
      guard isCLIP, let vision = configuration.vision, vision.learnedPositions else { return tower }
      let width = Double(vision.block.width)
      let ofDepth = 1 / (2 * Double(vision.layers)).squareRoot()
      switch site.point {
      case .queryWeight, .keyWeight, .valueWeight, .downWeight: return towerFactor * ofDepth / width.squareRoot()
      case .attentionOutputWeight, .classWeight: return towerFactor / width.squareRoot()
      case .upWeight: return towerFactor / (2 * width).squareRoot()
      default: return towerFactor * tower
      }
    }
  }
}

/// Draws weights, each from its own part of the key: equal keys give equal models, whatever else the model has.
struct RandomWeights: WeightSource {
  let configuration: ModelConfiguration
  let initialisation: Initialisation
  let key: RandomKey

  func weight(_ site: Site, places: [WeightPlace], _ shape: Shape) throws -> Weight {
    Weight(try tensor(site, shape), at: places.first ?? WeightPlace(site.path))
  }

  /// A as any matrix, B zero: as peft starts them.
  func lowRank(
    _ configuration: LowRankConfiguration, places: [WeightPlace], input: Int, output: Int
  ) throws -> LowRank? {
    let names = ["A", "B"].compactMap { LowRank.names($0, beside: places).first }
    guard names.count == 2 else { return nil }
    let rank = Axis("rank", configuration.rank)
    let drawn = try key.fold(names[0].name).normal(
      [rank, Axis("input", input)], deviation: Float(initialisation.decoder))
    let zeros = Tensor(Shape([Axis("output", output), rank])) { $0.update(repeating: 0) }
    return LowRank(
      down: Weight(drawn, at: names[0]), up: Weight(zeros, at: names[1]), scale: configuration.scale)
  }

  /// A norm starts with the scale 1, however it is stored.
  private func normScale(_ site: Site) -> Float {
    site.stack == .decoder ? 1 - configuration.decoder.block.norm.offset : 1
  }

  private func tensor(_ site: Site, _ shape: Shape) throws -> Tensor {
    let module = site.point.module
    if module.parameter == "bias" { return Tensor(shape) { $0.update(repeating: 0) } }
    if module.name.hasSuffix("norm") { return Tensor(shape) { $0.update(repeating: normScale(site)) } }
    if module.name.hasSuffix("scale") {
      return Tensor(shape) { $0.update(repeating: Float(initialisation.outputScale)) }
    }
    let deviation = Float(initialisation.deviation(of: site, configuration))
    let drawn = try key.fold(site.path).normal(shape.axes, deviation: deviation)
    guard site.point == .embeddingsWeight, let padding = initialisation.paddingToken,
      padding < configuration.decoder.vocabulary
    else { return drawn }
    let width = configuration.decoder.block.width
    return Tensor(shape) { out in
      drawn.withFloats { _ = out.update(fromContentsOf: $0) }
      out[padding * width..<(padding + 1) * width].update(repeating: 0)
    }
  }
}
