import Checkpoints
import Tensors

/// Takes a family's tensors out of a checkpoint and checks that each is there with the shape that the configuration
/// asks for.
struct WeightReader {
  let file: Safetensors
  let family: Family

  func weight(_ name: WeightName, _ shape: [Int], suffix: String = ".weight") throws -> Weight {
    let names = family.names(name).map { $0 + suffix }
    guard let found = names.first(where: file.contains) else {
      throw ModelError.missingTensor(names: names, file: file.name)
    }
    let entry = try file.entry(named: found)
    guard entry.shape == shape else {
      throw ModelError.wrongShape(tensor: found, found: entry.shape, expected: shape, file: file.name)
    }
    let tensor = try file.tensor(named: found)
    guard [.f32, .f16, .bf16].contains(tensor.dtype) else {
      throw ModelError.wrongType(tensor: found, found: entry.dtype, expected: "F32, F16 or BF16", file: file.name)
    }
    return Weight(tensor)
  }

  func linear(_ name: WeightName, _ input: Int, _ output: Int, bias: Bool) throws -> Linear {
    Linear(
      weight: try weight(name, [output, input]), bias: bias ? try weight(name, [output], suffix: ".bias") : nil,
      input: input, output: output)
  }

  func norm(_ name: WeightName, _ block: BlockConfiguration) throws -> Norm {
    let scale = try weight(name, [block.width])
    let offset = block.norm == .layer ? try weight(name, [block.width], suffix: ".bias") : nil
    if let offset, offset.type != scale.type {
      let found = (family.names(name).first ?? "") + ".bias"
      throw ModelError.wrongType(
        tensor: found, found: offset.tensor.dtype.rawValue,
        expected: "\(scale.tensor.dtype.rawValue) as its scale is", file: file.name)
    }
    return Norm(kind: block.norm, scale: scale, offset: offset, width: block.width, epsilon: block.epsilon)
  }

  /// - Parameter name: what the family calls a part of this block.
  func block(_ block: BlockConfiguration, _ name: (WeightName.Part) -> WeightName) throws -> Block {
    let (attention, mlp) = (block.attentionBias, block.mlpBias)
    return Block(
      configuration: block, attentionNorm: try norm(name(.attentionNorm), block),
      query: try linear(name(.query), block.width, block.queryWidth, bias: attention),
      key: try linear(name(.key), block.width, block.keyValueWidth, bias: attention),
      value: try linear(name(.value), block.width, block.keyValueWidth, bias: attention),
      attentionOutput: try linear(name(.attentionOutput), block.queryWidth, block.width, bias: attention),
      mlpNorm: try norm(name(.mlpNorm), block),
      gate: block.gated ? try linear(name(.gate), block.width, block.hidden, bias: mlp) : nil,
      up: try linear(name(.up), block.width, block.hidden, bias: mlp),
      down: try linear(name(.down), block.hidden, block.width, bias: mlp))
  }

  func decoder(_ decoder: DecoderConfiguration) throws -> Decoder {
    let (width, vocabulary) = (decoder.block.width, decoder.vocabulary)
    let embedding = try weight(.embedding, [vocabulary, width])
    let output =
      decoder.tiedEmbeddings
      ? Linear(weight: embedding, bias: nil, input: width, output: vocabulary)
      : try linear(.outputLayer, width, vocabulary, bias: false)
    return Decoder(
      configuration: decoder, embedding: embedding,
      blocks: try (0..<decoder.layers).map { layer in try block(decoder.block) { .decoderBlock(layer, $0) } },
      norm: try norm(.finalNorm, decoder.block), output: output)
  }

  func visionTower(_ vision: VisionConfiguration) throws -> VisionTower {
    let (width, patch) = (vision.block.width, vision.patchSize)
    return VisionTower(
      configuration: vision,
      patches: Linear(
        weight: try weight(.patchEmbedding, [width, vision.channels, patch, patch]), bias: nil,
        input: vision.channels * patch * patch, output: width),
      classEmbedding: try weight(.classEmbedding, [width], suffix: ""),
      positions: try weight(.positionEmbedding, [vision.rows, width]), norm: try norm(.visionNorm, vision.block),
      blocks: try (0..<vision.layers).map { layer in try block(vision.block) { .visionBlock(layer, $0) } })
  }

  func projector(_ projector: ProjectorConfiguration) throws -> Projector {
    Projector(
      configuration: projector,
      first: try linear(.projectorFirst, projector.input, projector.hidden, bias: projector.bias),
      second: try linear(.projectorSecond, projector.hidden, projector.output, bias: projector.bias))
  }
}
