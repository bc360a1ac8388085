import Tensors

@testable import Autodiff

private let x = Draw.normal(201, ("token", 4), ("model", 5))
private let y = Draw.normal(202, ("token", 4), ("model", 5))
private let weight = Draw.normal(203, ("out", 3), ("in", 5))
private let bias = Draw.normal(204, ("out", 3))
private let scale = Draw.normal(205, ("width", 5))
private let offset = Draw.normal(206, ("width", 5))
private let heads = Draw.normal(207, ("token", 4), ("head", 2), ("feature", 5))
private let angles = Draw.normal(208, ("token", 4), ("pair", 2))

private func layer(
  _ rule: Rule, _ part: String, _ inputs: [Tensor], _ function: @escaping @Sendable ([Variable]) throws -> Variable
) -> RuleCase {
  RuleCase(name: "\(rule.rawValue), \(part)", rule: rule, inputs: inputs, function: function)
}

private let mapCases = [
  layer(.linear, "all three", [x, weight, bias]) { try $0[0].linear(weight: $0[1], bias: $0[2], into: "hidden") },
  layer(.linear, "rows of two axes, no bias", [heads, weight]) {
    try $0[0].linear(weight: $0[1], bias: nil, into: "feature")
  },
  layer(.linear, "a frozen bf16 weight", [x]) {
    try $0[0].linear(weight: Variable(weight.to(.bf16)), bias: Variable(bias.to(.f16)), into: "hidden")
  },
  layer(.rmsNorm, "packed", [x, scale]) { try $0[0].rmsNorm(weight: $0[1], epsilon: 1e-2) },
  layer(.rmsNorm, "packed, no weight", [heads]) { try $0[0].rmsNorm(weight: nil, epsilon: 1e-2) },
  layer(.rmsNorm, "packed, a scale stored less one", [x, scale]) {
    try $0[0].rmsNorm(weight: $0[1], offset: 1, epsilon: 1e-2)
  },
  layer(.layerNorm, "packed", [x, scale, offset]) {
    try $0[0].layerNorm(weight: $0[1], bias: $0[2], epsilon: 1e-2)
  },
  layer(.layerNorm, "packed, bias only", [x, offset]) { try $0[0].layerNorm(weight: nil, bias: $0[1], epsilon: 1e-2) },
  layer(.layerNorm, "packed, a frozen f16 weight", [x, offset]) {
    try $0[0].layerNorm(weight: Variable(scale.to(.f16)), bias: $0[1], epsilon: 1e-2)
  },
  layer(.rotary, "of part of each head", [heads]) {
    try $0[0].rotary(cosine: angles.cos(), sine: angles.sin())
  },
  layer(.embedding, "repeated", [y]) { try Variable.embedding($0[0], [2, 0, 2, 2, 1]) },
]

private let gateCases = ActivationKind.allCases.map { activation in
  // Away from the kink of relu.
  layer(.gate, activation.rawValue, [Draw.apart(209, ("token", 4), ("model", 5)), y]) {
    try $0[0].gated(by: $0[1], activation)
  }
}

private let entropyCases = [
  layer(.crossEntropy, "rows", [x]) { try $0[0].crossEntropies(targets: [0, 4, 2, 2]) },
  layer(.crossEntropy, "weighted", [x]) {
    try $0[0].crossEntropy(targets: [0, -1, 2, 4], weights: [1, 0, 0.5, 2])
  },
]

private let key = Draw.normal(210, ("token", 7), ("head", 2), ("feature", 3))
private let value = Draw.normal(211, ("token", 7), ("head", 2), ("feature", 4))
private let query = Draw.normal(212, ("token", 5), ("head", 4), ("feature", 3))
private let spans = [
  AttentionSpan(rows: 0..<2, firstKey: 0, keys: 4, position: 2),
  AttentionSpan(rows: 2..<5, firstKey: 4, keys: 3, position: 0),
]

private let attentionCases =
  [true, false].map { causal in
    layer(.attention, causal ? "causal" : "not causal", [query, key, value]) {
      try Variable.attention(query: $0[0], key: $0[1], value: $0[2], spans: spans, causal: causal)
    }
  } + [
    layer(.attention, "a window, capped", [query, key, value]) {
      try Variable.attention(
        query: $0[0], key: $0[1], value: $0[2], spans: spans, causal: true, window: 2, scale: 0.7, softcap: 1.5)
    },
    layer(.attention, "keys that nobody sees", [query, key, value]) {
      try Variable.attention(
        query: $0[0], key: $0[1], value: $0[2], spans: [AttentionSpan(rows: 0..<5, firstKey: 1, keys: 5, position: 0)],
        causal: true)
    },
    layer(.attention, "spans that share frozen keys", [query]) {
      try Variable.attention(
        query: $0[0], key: Variable(key), value: Variable(value),
        spans: [
          AttentionSpan(rows: 0..<3, firstKey: 0, keys: 7, position: 4),
          AttentionSpan(rows: 3..<5, firstKey: 0, keys: 6, position: 4),
        ], causal: true)
    },
  ]

let layerCases = mapCases + gateCases + entropyCases + attentionCases
