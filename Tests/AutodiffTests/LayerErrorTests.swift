import Autodiff
import Tensors
import Testing

/// What does not fit is named, never computed.
@Suite struct LayerErrorTests {
  private func zeros(_ axes: (String, Int)...) throws -> Variable {
    Variable(try Tensor.zeros(axes.map { Axis($0.0, $0.1) }))
  }

  private func expect(_ words: String..., from body: () throws -> Variable) {
    do {
      _ = try body()
      Issue.record("nothing was thrown")
    } catch let error as ShapeError {
      for word in words { #expect(error.description.contains(word), "\(error)") }
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func maps() throws {
    let x = try zeros(("token", 3), ("model", 4))
    expect("linear", "4 inputs", "[out: 2, in: 5]") {
      try x.linear(weight: zeros(("out", 2), ("in", 5)), bias: nil, into: "hidden")
    }
    expect("linear", "bias of 2", "[out: 3]") {
      try x.linear(weight: zeros(("out", 2), ("in", 4)), bias: zeros(("out", 3)), into: "hidden")
    }
    expect("linear", "token", "twice") {
      try x.linear(weight: zeros(("out", 2), ("in", 4)), bias: nil, into: "token")
    }
    expect("rmsNorm", "weight of 4", "[model: 3]") { try x.rmsNorm(weight: zeros(("model", 3)), epsilon: 0) }
    expect("layerNorm", "bias of 4", "[model: 3]") {
      try x.layerNorm(weight: nil, bias: zeros(("model", 3)), epsilon: 0)
    }
    expect("gated", "[token: 3, model: 4]", "[model: 4]") { try x.gated(by: zeros(("model", 4)), .silu) }
    expect("embedding", "no position 3", "token", "0 to 2") { try Variable.embedding(x, [0, 3]) }
  }

  @Test func entropies() throws {
    let x = try zeros(("token", 3), ("vocab", 4))
    expect("targets", "expected 3, found 2") { try x.crossEntropy(targets: [0, 1]) }
    expect("weights", "expected 3, found 1") { try x.crossEntropy(targets: [0, 1, 2], weights: [1]) }
    expect("crossEntropy", "no position 4", "vocab") { try x.crossEntropy(targets: [0, 1, 4]) }
  }

  @Test func heads() throws {
    let (q, k) = (
      try zeros(("token", 3), ("head", 4), ("feature", 6)), try zeros(("token", 3), ("head", 2), ("feature", 6))
    )
    let span = AttentionSpan(rows: 0..<3, firstKey: 0, keys: 3, position: 0)
    func attend(_ k: Variable, _ v: Variable, _ spans: AttentionSpan...) throws -> Variable {
      try Variable.attention(query: q, key: k, value: v, spans: spans, causal: true)
    }
    expect("rotary", "3 rows", "3 pairs") {
      let table = try Tensor.zeros([Axis("token", 3), Axis("pair", 4)])
      return try q.rotary(cosine: table, sine: table)
    }
    expect("attention", "6 features") { try attend(zeros(("token", 3), ("head", 2), ("feature", 5)), k, span) }
    expect("attention", "divide the 4") { try attend(zeros(("token", 3), ("head", 3), ("feature", 6)), k, span) }
    expect("attention", "3 rows and 2 heads") { try attend(k, zeros(("token", 3), ("head", 1), ("feature", 6)), span) }
    expect("attention", "no span with row 2") {
      try attend(k, k, AttentionSpan(rows: 0..<2, firstKey: 0, keys: 3, position: 0))
    }
    expect("attention", "keys 1..<4", "0..<3") {
      try attend(k, k, AttentionSpan(rows: 0..<3, firstKey: 1, keys: 3, position: 0))
    }
    let both = [
      AttentionSpan(rows: 0..<1, firstKey: 0, keys: 3, position: 0),
      AttentionSpan(rows: 1..<3, firstKey: 2, keys: 1, position: 0),
    ]
    expect("attention", "share the keys from 2") { try attend(.leaf(k.value), k, both[0], both[1]) }
    expect("attention", "share the rows from 0") { try attend(k, k, both[0], span) }
  }
}
