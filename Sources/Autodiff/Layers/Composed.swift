import Tensors

// The layers of a transformer over packed rows, composed of other operations: the clear versions, until fused ones with the
// same signatures take their place.

/// One sequence of a packed batch, for attention: as `Span` of a forward pass.
public struct AttentionSpan: Sendable {
  public let rows: Range<Int>
  public let firstKey: Int
  public let keys: Int
  public let position: Int
  public init(rows: Range<Int>, firstKey: Int, keys: Int, position: Int) {
    (self.rows, self.firstKey, self.keys, self.position) = (rows, firstKey, keys, position)
  }
}
/// The nonlinearity of an MLP.
public enum ActivationKind: String, Sendable { case silu, gelu, geluTanh, quickGelu, relu }

extension Variable {
  var f: Variable { dtype == .f32 ? self : Variable(value.to(.f32)) }
  public func linear(weight: Variable, bias: Variable?, into axis: String) throws -> Variable {
    let w = try weight.f.reshape([Axis(axis == axes[1].name ? "out" : axis, weight.shape.sizes[0]), axes[1]])
    var y = try contract(w, over: [axes[1].name])
    if axis == axes[1].name { y = try y.rename("out", to: axis) }
    if let bias { y = try y + bias.f.reshape([Axis(axis, bias.count)]) }
    return y
  }
  public func rmsNorm(weight: Variable?, epsilon: Float) throws -> Variable {
    try rmsNorm(over: axes[1].name, weight: weight?.f.reshape([axes[1]]), eps: Double(epsilon))
  }
  public func layerNorm(weight: Variable?, bias: Variable?, epsilon: Float) throws -> Variable {
    try layerNorm(
      over: axes[1].name, weight: weight?.f.reshape([axes[1]]), bias: bias?.f.reshape([axes[1]]), eps: Double(epsilon))
  }
  public func rotary(cosine: Tensor, sine: Tensor) throws -> Variable {
    let half = axes[2].size / 2
    let a = try select("feature", .range(0..<half)), b = try select("feature", .range(half..<2 * half))
    let c = Variable(try cosine.rename("pair", to: "feature")), s = Variable(try sine.rename("pair", to: "feature"))
    return try Variable.concat([a * c - b * s, b * c + a * s], along: "feature")
  }
  public func activated(_ k: ActivationKind) throws -> Variable {
    switch k {
    case .silu: silu()
    case .gelu: gelu()
    case .geluTanh: geluTanh()
    case .quickGelu: quickGelu()
    case .relu: relu()
    }
  }
  public func gated(by up: Variable, _ k: ActivationKind) throws -> Variable { try activated(k) * up }
  public static func attention(
    query: Variable, key: Variable, value: Variable, spans: [AttentionSpan], causal: Bool
  ) throws -> Variable {
    let n = query.axes[1].size, g = n / key.axes[1].size
    let share = (0..<n).map { $0 / g }
    return try concat(
      spans.map { span in
        let q = try query.select("token", .range(span.rows)).rename("token", to: "query")
        let keys = span.firstKey..<span.firstKey + span.keys
        let k = try key.select("token", .range(keys)).rename("token", to: "key").select("head", .list(share))
        let v = try value.select("token", .range(keys)).rename("token", to: "key").select("head", .list(share))
        let mask = Tensor(Shape([Axis("query", span.rows.count), Axis("key", span.keys)])) { out in
          for i in 0..<span.rows.count {
            for j in 0..<span.keys { out[i * span.keys + j] = causal && j > span.position + i ? -.infinity : 0 }
          }
        }
        let scale = Variable(Tensor(1 / Float(query.axes[2].size).squareRoot()))
        let s = try q.contract(k, over: ["feature"]).reorder(["head", "query", "key"]) * scale + Variable(mask)
        return try s.softmax(over: "key").contract(v, over: ["key"]).reorder(["query", "head", "feature"]).rename(
          "query", to: "token")
      }, along: "token")
  }
  public func crossEntropy(targets: [Int], weights: [Float]) throws -> Variable {
    let l = try logSoftmax(over: "vocab")
    let hot = Tensor(shape) { out in
      out.update(repeating: 0)
      for (i, t) in targets.enumerated() { out[i * axes[1].size + t] = -weights[i] }
    }
    return try (l * Variable(hot)).sum()
  }
  public static func embedding(_ table: Variable, _ ids: [Int]) throws -> Variable {
    try table.f.reshape([Axis("token", table.shape.sizes[0]), Axis("model", table.shape.sizes[1])]).select(
      "token", .list(ids))
  }
}
