import Autodiff
import Tensors

extension Block {
  /// `forward` with a graph: the same steps, kernels and sites.
  ///
  /// - Parameters:
  ///   - hidden: `[token, model]`, packed.
  ///   - past: keys and values of earlier positions, `[token, head, feature]`.
  func differentiable(
    _ hidden: Variable, _ pass: DifferentiablePass, layer: Int, past: (key: Variable, value: Variable)?
  ) throws -> Variable {
    var hidden = try pass.visit(.input, layer: layer, hidden)
    let normed = try pass.normed(
      hidden, attentionNorm, layer: layer, weight: .attentionNormWeight, bias: .attentionNormBias)
    hidden = try hidden + attended(normed, pass, layer, past)
    hidden = try pass.visit(.residual, layer: layer, hidden)
    let read = try mlpNorm.map { norm in
      try pass.normed(hidden, norm, layer: layer, weight: .mlpNormWeight, bias: .mlpNormBias)
    }
    hidden = try hidden + transformed(read ?? normed, pass, layer)
    return try pass.visit(.output, layer: layer, hidden)
  }

  private func attended(
    _ normed: Variable, _ pass: DifferentiablePass, _ layer: Int, _ past: (key: Variable, value: Variable)?
  ) throws -> Variable {
    func heads(_ map: Linear, _ weight: Site.Point, _ bias: Site.Point, _ count: Int) throws -> Variable {
      try pass.mapped(normed, map, layer: layer, weight: weight, bias: bias, into: "model")
        .split("model", into: [Axis("head", count), Axis("feature", configuration.headSize)])
    }
    /// Norm and rotary embedding of each head, where there are.
    func turned(_ x: Variable, _ norm: Norm?, _ weight: Site.Point) throws -> Variable {
      let x = try norm.map { try pass.normed(x, $0, layer: layer, weight: weight, bias: weight) } ?? x
      guard let rotary = pattern.rotary.map({ pass.rotaries[$0] }) else { return x }
      return try x.rotary(cosine: rotary.cosine, sine: rotary.sine)
    }
    let shared = configuration.keyValueHeads
    let query = try pass.visit(
      .query, layer: layer,
      turned(heads(self.query, .queryWeight, .queryBias, configuration.heads), queryNorm, .queryNormWeight))
    var key = try pass.visit(
      .key, layer: layer, turned(heads(self.key, .keyWeight, .keyBias, shared), keyNorm, .keyNormWeight))
    var value = try pass.visit(.value, layer: layer, heads(self.value, .valueWeight, .valueBias, shared))
    if let past, let sources = pass.keySources {
      key = try Variable.concat([past.key, key], along: "token").rows(sources)
      value = try Variable.concat([past.value, value], along: "token").rows(sources)
    }
    var mixed =
      try pass.wants(.scores, layer: layer) || pass.wants(.weights, layer: layer)
      ? takenApart(query, key, value, pass, layer)
      : Variable.attention(
        query: query, key: key, value: value, spans: pass.sequences(mask), causal: mask.causal, window: mask.window,
        scale: configuration.attentionScale, softcap: configuration.attentionSoftcap)
    mixed = try pass.visit(.mixed, layer: layer, mixed)
    let output = try pass.mapped(
      try mixed.merge(["head", "feature"], into: "model"), attentionOutput, layer: layer,
      weight: .attentionOutputWeight, bias: .attentionOutputBias, into: "model")
    return try pass.visit(
      .attentionOutput, layer: layer,
      added(
        output, attentionPostNorm, .attentionPostNormWeight, attentionOutputScale, .attentionOutputScale, pass, layer))
  }

  /// What goes to the stream: an output after its own norm or scale, where it has one.
  private func added(
    _ output: Variable, _ norm: Norm?, _ weight: Site.Point, _ scale: Weight?, _ factors: Site.Point,
    _ pass: DifferentiablePass, _ layer: Int
  ) throws -> Variable {
    let normed = try norm.map { try pass.normed(output, $0, layer: layer, weight: weight, bias: weight) } ?? output
    guard let scale else { return normed }
    return try normed * pass.weight(factors, layer: layer, scale).floats.named(["model"])
  }

  private func transformed(_ normed: Variable, _ pass: DifferentiablePass, _ layer: Int) throws -> Variable {
    var inner = try pass.mapped(normed, up, layer: layer, weight: .upWeight, bias: .upBias, into: "hidden")
    if let gate {
      let opening = try pass.mapped(normed, gate, layer: layer, weight: .gateWeight, bias: .gateBias, into: "hidden")
      inner = try opening.gated(by: inner, configuration.activation.differentiable)
    } else {
      inner = try inner.activated(configuration.activation.differentiable)
    }
    inner = try pass.visit(.mlpHidden, layer: layer, inner)
    let output = try pass.mapped(inner, down, layer: layer, weight: .downWeight, bias: .downBias, into: "model")
    return try pass.visit(
      .mlpOutput, layer: layer,
      added(output, mlpPostNorm, .mlpPostNormWeight, mlpOutputScale, .mlpOutputScale, pass, layer))
  }

  /// Attention in three steps for those who look at what lies between; sample by sample.
  ///
  /// - Returns: `[token, head, feature]`, packed.
  private func takenApart(
    _ query: Variable, _ key: Variable, _ value: Variable, _ pass: DifferentiablePass, _ layer: Int
  ) throws -> Variable {
    let group = configuration.heads / configuration.keyValueHeads
    let sharing = (0..<configuration.heads).map { $0 / group }
    let scale = Variable(Tensor(configuration.attentionScale))
    var scores: [Variable] = []
    var values: [Variable] = []
    for rows in pass.samples {
      let spans = pass.sequences(mask).filter { rows.contains($0.rows.lowerBound) && !$0.rows.isEmpty }
      let firstKey = spans.first?.firstKey ?? 0
      let keys = firstKey..<(spans.last.map { $0.firstKey + $0.keys } ?? 0)
      let q = try query.select("token", .range(rows)).rename("token", to: "query")
      let k = try key.select("token", .range(keys)).rename("token", to: "key")
      let v = try value.select("token", .range(keys)).rename("token", to: "key")
      let product = try q.contract(try k.select("head", .list(sharing)), over: ["feature"])
      let scaled = try product.reorder(["head", "query", "key"]) * scale
      let capped = try configuration.attentionSoftcap.map { try Softcap(limit: $0).of(scaled) } ?? scaled
      scores.append(try capped + Variable(mask.tensor(spans, rows: rows, keys: keys)))
      values.append(try v.select("head", .list(sharing)))
    }
    scores = try pass.visit(.scores, layer: layer, matrices: scores)
    var weights = try scores.map { try $0.softmax(over: "key") }
    weights = try pass.visit(.weights, layer: layer, matrices: weights)
    let mixed = try zip(weights, values).map { weights, value in
      try weights.contract(value, over: ["key"]).reorder(["query", "head", "feature"]).rename("query", to: "token")
    }
    return try Variable.concat(mixed, along: "token")
  }
}

extension Softcap {
  func of(_ x: Variable) throws -> Variable {
    let limit = Variable(Tensor(limit))
    return try (x / limit).tanh() * limit
  }
}

extension Mask {
  /// 0 where a query sees a key and −∞ where it does not: `[query, key]` of one sample.
  fileprivate func tensor(_ spans: [AttentionSpan], rows: Range<Int>, keys: Range<Int>) -> Tensor {
    Tensor(Shape([Axis("query", rows.count), Axis("key", keys.count)])) { out in
      out.update(repeating: -.infinity)
      for span in spans {
        for (index, row) in span.rows.enumerated() {
          let seen = visible(from: span.position + index, keys: span.keys)
          let start = (row - rows.lowerBound) * keys.count + span.firstKey - keys.lowerBound
          for key in seen { out[start + key] = 0 }
        }
      }
    }
  }
}
