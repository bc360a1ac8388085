import Models

/// Which weight a module of transformers most likely is, told by its name alone: for a card without a model at hand.
enum ModuleGuess {
  /// - Parameter name: `model.layers.3.self_attn.q_proj.weight`
  static func site(of name: String) -> Site? {
    var steps = name.split(separator: ".").map(String.init)
    let isBias = steps.last == "bias"
    if isBias || steps.last == "weight" { steps.removeLast() }
    let isVision = steps.contains { ["vision_tower", "visual", "vision_model", "visual_encoder"].contains($0) }
    guard let last = steps.last else { return nil }
    guard let place = steps.lastIndex(where: { Int($0) != nil }), place > 0, place < steps.count - 1,
      let layer = Int(steps[place]), layer >= 0
    else {
      guard !isBias, !isVision else { return nil }
      if last == "lm_head" { return Site(.decoder, .logitsWeight) }
      return ["embed_tokens", "wte"].contains(last) ? Site(.decoder, .embeddingsWeight) : nil
    }
    let inside = steps[(place + 1)...].joined(separator: ".")
    guard let point = points[inside] else { return nil }
    return Site(isVision ? .vision : .decoder, layer: layer, isBias ? point.bias : point.weight)
  }

  private typealias Pair = (weight: Site.Point, bias: Site.Point)

  private static let points: [String: Pair] = {
    let query: Pair = (.queryWeight, .queryBias)
    let key: Pair = (.keyWeight, .keyBias)
    let value: Pair = (.valueWeight, .valueBias)
    let output: Pair = (.attentionOutputWeight, .attentionOutputBias)
    let gate: Pair = (.gateWeight, .gateBias)
    let up: Pair = (.upWeight, .upBias)
    let down: Pair = (.downWeight, .downBias)
    return [
      "self_attn.q_proj": query, "self_attn.k_proj": key, "self_attn.v_proj": value, "self_attn.o_proj": output,
      "self_attn.dense": output, "self_attn.out_proj": output, "attn.c_proj": output, "attn.proj": output,
      "mlp.gate_proj": gate, "mlp.up_proj": up, "mlp.down_proj": down, "mlp.fc1": up, "mlp.fc2": down,
      "mlp.c_fc": up, "mlp.c_proj": down,
    ]
  }()
}
