import Kernels
import Testing

@testable import Tensors

/// Every operation against NumPy or torch, by the name of its case.
struct OperationTests {
  typealias Operation = @Sendable ([Tensor]) throws -> [Tensor]

  static let elementwise: [String: Operation] = [
    "exp": { [$0[0].exp()] }, "tanh": { [$0[0].tanh()] }, "sigmoid": { [$0[0].sigmoid()] }, "gelu": { [$0[0].gelu()] },
    "geluTanh": { [$0[0].geluTanh()] }, "quickGelu": { [$0[0].quickGelu()] }, "silu": { [$0[0].silu()] },
    "relu": { [$0[0].relu()] }, "erf": { [$0[0].erf()] }, "sin": { [$0[0].sin()] }, "cos": { [$0[0].cos()] },
    "abs": { [$0[0].abs()] }, "sign": { [$0[0].sign()] }, "square": { [$0[0].square()] },
    "negated": { [$0[0].negated()] }, "floor": { [$0[0].floor()] }, "ceil": { [$0[0].ceil()] },
    "round": { [$0[0].round()] }, "clamp": { [try $0[0].clamp(from: -1.5, to: 2.5)] }, "log": { [$0[0].log()] },
    "sqrt": { [$0[0].sqrt()] }, "reciprocal": { [$0[0].reciprocal()] }, "power": { [try $0[0].power($0[1])] },
    "remainder": { [try $0[0].remainder($0[1])] },
    "compare": {
      [try $0[0].greater($0[1]), try $0[0].equal($0[1]), try $0[0].notEqual($0[1]).and($0[0].less($0[1]).not())]
    },
    "choose": { [try $0[0].choose($0[1], else: $0[2])] },
    "add": { try byName($0) { try $0 + $1 } }, "subtract": { try byName($0) { try $0 - $1 } },
    "multiply": { try byName($0) { try $0 * $1 } }, "divide": { try byName($0) { try $0 / $1 } },
    "minimum": { try byName($0) { try $0.minimum($1) } }, "maximum": { try byName($0) { try $0.maximum($1) } },
  ]

  @Sendable static func byName(_ t: [Tensor], _ body: (Tensor, Tensor) throws -> Tensor) rethrows -> [Tensor] {
    try [body(t[0], t[1]), body(t[0], t[2]), body(t[0], t[3]), body(t[1], t[0])]
  }

  @Sendable static func overAxes(_ t: Tensor, _ body: (Tensor, [String]?) throws -> Tensor) rethrows -> [Tensor] {
    try [body(t, ["token"]), body(t, ["layer"]), body(t, ["token", "layer"]), body(t, nil)]
  }

  static let reductions: [String: Operation] = [
    "sum": { try overAxes($0[0]) { try $0.sum(over: $1) } }, "mean": { try overAxes($0[0]) { try $0.mean(over: $1) } },
    "maximumOver": { try overAxes($0[0]) { try $0.maximum(over: $1) } },
    "minimumOver": { try overAxes($0[0]) { try $0.minimum(over: $1) } },
    "variance": { try overAxes($0[0]) { try $0.variance(over: $1) } },
    "standardDeviation": { try overAxes($0[0]) { try $0.standardDeviation(over: $1) } },
    "median": { try overAxes($0[0]) { try $0.median(over: $1) } },
    "product": { try overAxes($0[0]) { try $0.product(over: $1) } },
    "norm": { [try $0[0].norm(over: ["token"]), try $0[0].norm()] },
    "argmax": { [try $0[0].argmax(over: "head"), try $0[0].argmin(over: "head")] },
    "logSumExp": { [try $0[0].logSumExp(over: ["head"])] },
    "cumulativeSum": { [try $0[0].cumulativeSum(over: "head")] },
    "softmax": {
      [try $0[0].softmax(over: "token"), try $0[0].softmax(over: "head"), try $0[0].logSoftmax(over: "head")]
    },
    "rmsNorm": { [try $0[0].rmsNorm(over: "model", weight: $0[1])] },
    "layerNorm": { [try $0[0].layerNorm(over: "model", weight: $0[1], bias: $0[2])] },
    "unit": { [try $0[0].unit(over: "model")] },
  ]

  static let products: [String: Operation] = [
    "contract": {
      [
        try $0[0].contract($0[1]), try $0[0].contract($0[2]), try $0[2].contract($0[1]),
        try $0[3].contract($0[4], over: ["width"]), try $0[3].contract($0[4], over: ["head", "width"]),
      ]
    },
    "einsum": { t in
      [
        try Tensor.einsum(t, to: ["query", "head", "value"]), try Tensor.einsum([t[0]], to: ["width", "query"]),
        try Tensor.einsum([t[0], t[2]], to: ["head"]),
        try Tensor.einsum([t[0], t[1]], to: ["head", "query", "width", "key"]),
      ]
    },
    "cosine": { [try $0[0].cosineSimilarity($0[1], over: "model")] },
  ]

  static let arrangements: [String: Operation] = [
    "reorder": { [try $0[0].reorder(["token"]), try $0[0].transpose("layer", "token")] },
    "merge": {
      [
        try $0[0].merge(["head", "token"], into: "pair"),
        try $0[0].merge(["token", "layer"], into: "pair").reorder(["head"]),
      ]
    },
    "select": { t in
      [
        try t[0].select("head", .index(2)), try t[0].select("head", .index(-1)),
        try t[0].select("head", .range(from: 1, to: nil, by: 2)), try t[0].select("head", .list([4, 0, -2])),
        try t[0].select("layer", .range(1..<3)),
        try t[0].select("head", .mask([true, false, false, true, false, false])),
      ]
    },
    "take": { [try $0[0].take($0[1], along: "head"), try $0[0].take($0[2], along: "head")] },
    "put": {
      [
        try $0[0].put($0[1], at: .list([1, 3]), along: "head"), try $0[0].add($0[1], at: .list([1, 1]), along: "head"),
      ]
    },
    "concat": {
      [try Tensor.concat([$0[0], $0[1]], along: "token"), try Tensor.stack([$0[0], $0[2]], into: "pair")]
    },
    "sort": {
      let (values, positions) = try $0[0].top(2, over: "token")
      return [
        try $0[0].sorted(over: "head"), try $0[0].argsort(over: "head", descending: true), values, positions,
      ]
    },
    "oneHot": { [try $0[0].oneHot(Axis("vocab", 4))] },
    "triangles": {
      [
        try $0[0].lowerTriangle("query", "key"), try $0[0].upperTriangle("query", "key", diagonal: 1),
        try $0[0].diagonal("query", "key", into: "entry"),
      ]
    },
  ]

  static let matrices: [String: Operation] = [
    "svd": { [try $0[0].svd(rows: "row", columns: "column").s] },
    "qr": {
      let (q, r) = try $0[0].qr(rows: "row", columns: "column")
      return [q, r]
    },
    "eigh": { [try $0[0].eigh(rows: "row", columns: "column").values] },
    "eigenvalues": {
      let (real, imaginary) = try $0[0].eigenvalues(rows: "row", columns: "column")
      return [real, imaginary]
    },
    "solve": {
      [
        try $0[0].solve($0[1], rows: "row", columns: "column"), try $0[0].inverse(rows: "row", columns: "column"),
        try $0[0].determinant(rows: "row", columns: "column"),
      ]
    },
    "lstsq": {
      let (full, thin) = (
        try $0[0].lstsq($0[1], rows: "row", columns: "column"), try $0[2].lstsq($0[1], rows: "row", columns: "column")
      )
      #expect(full.rank == 4 && thin.rank == 2)
      return [full.x, thin.x]
    },
    "pca": {
      let found = try $0[0].principalComponents(over: "sample", count: 3)
      return [found.components, found.variance, found.share]
    },
  ]

  static let kernels: [String: Operation] = [
    "rope": { t in
      [
        Tensor(t[0].shape) { out in
          t[0].withFloats { x in
            t[1].withFloats { c in
              t[2].withFloats { s in
                sk_rope(out.baseAddress, 30, x.baseAddress, 30, 37, 3, 10, 8, c.baseAddress, s.baseAddress)
              }
            }
          }
        }
      ]
    },
    "attention": { GlobalState.AttentionTests.attention($0[0], $0[1], $0[2], causal: nil, window: 0) },
    "causalAttention": { GlobalState.AttentionTests.attention($0[0], $0[1], $0[2], causal: 258, window: 0) },
    "windowAttention": { GlobalState.AttentionTests.attention($0[0], $0[1], $0[2], causal: 258, window: 11) },
  ]

  static let random: [String: Operation] = [
    "random": { _ in
      let key = RandomKey(seed: 0x0123_4567_89AB_CDEF)
      return [try key.uniform([Axis("n", 32)]), try key.normal([Axis("n", 32)])]
    }
  ]

  static let all: [String: Operation] = [elementwise, reductions, products, arrangements, matrices, kernels, random]
    .reduce(into: [:]) {
      $0.merge($1) { first, _ in first }
    }

  @Test func everyCaseHasItsOperation() {
    #expect(Set(Case.all.keys) == Set(Self.all.keys))
  }

  /// f32 arithmetic against answers in double precision: a few roundings, 2⁻²⁴ each; linear algebra a few more for the
  /// conditioning of its random matrices.
  @Test(arguments: Self.all.keys.sorted()) func equalsTheReference(name: String) throws {
    guard let operation = Self.all[name], let stored = Case.all[name] else { return }
    let found = try operation(stored.inputs)
    #expect(found.count == stored.outputs.count)
    let tolerance = Self.matrices[name] != nil || name == "power" ? 3e-6 : 6e-7
    for (i, (a, b)) in zip(found, stored.outputs).enumerated() {
      #expect(distance(a, b) <= tolerance, "\(name), result \(i): \(a.shape) against \(b.shape)")
    }
  }
}
