import Kernels
import Testing

/// The derivatives in double precision against central differences of the functions in double precision.
///
/// With h = 1e-5 the differences are good to about h² in what they leave out and 1e-16 / h in what they round.
@Suite struct FiniteDifferenceTests {
  static let step = 1e-5
  static let tolerance = 1e-7

  /// Σ weight · f(x) differentiated by each x[i] must be what `gradient` gives.
  static func check(
    _ name: String, _ x: [Double], gradient: [Double], of scalar: ([Double]) -> Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(x.count == gradient.count, sourceLocation: sourceLocation)
    for i in x.indices {
      var (up, down) = (x, x)
      up[i] += step
      down[i] -= step
      let slope = (scalar(up) - scalar(down)) / (2 * step)
      #expect(
        abs(slope - gradient[i]) < tolerance * max(1, abs(slope)),
        "\(name), element \(i): \(gradient[i]), found \(slope)",
        sourceLocation: sourceLocation)
    }
  }

  static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  @Test func elementwise() {
    var numbers = TestNumbers(1)
    let (x, dy) = (Numbers(12, &numbers, times: 2).d, Numbers(12, &numbers).d)
    for op in unaryOps {
      let x = op == SK_SQRT || op == SK_RECIPROCAL ? x.map { abs($0) + 0.5 } : x
      let f = { (x: [Double]) in doubles(12) { skd_unary(op, $0, x, 12) } }
      Self.check("unary \(op.rawValue)", x, gradient: doubles(12) { skd_unary_backward(op, $0, dy, x, 12) }) {
        Self.dot(dy, f($0))
      }
      // The first half is the gate, the second what it multiplies.
      let both = doubles(12) { skd_gate_backward(op, $0, 3, $0 + 6, 3, dy, 3, x, 3, Array(x[6...]), 3, 2, 3) }
      Self.check("gate \(op.rawValue)", x, gradient: both) { x in
        Self.dot(Array(dy[..<6]), doubles(6) { skd_gate(op, $0, 3, x, 3, Array(x[6...]), 3, 2, 3) })
      }
    }
  }

  @Test func products() {
    var numbers = TestNumbers(2)
    let (x, w, b) = (Numbers(12, &numbers).d, Numbers(20, &numbers).d, Numbers(5, &numbers).d)
    let dy = Numbers(15, &numbers).d
    let f = { (x: [Double], w: [Double], b: [Double]) in
      Self.dot(dy, doubles(15) { skd_linear($0, 5, x, 4, w, 4, b, 3, 5, 4) })
    }
    Self.check("x", x, gradient: doubles(12) { skd_matmul($0, 4, dy, 5, w, 4, 3, 4, 5) }) { f($0, w, b) }
    Self.check("w", w, gradient: doubles(20) { skd_matmul_tn($0, 4, dy, 5, x, 4, 3, 5, 4, false) }) { f(x, $0, b) }
    Self.check("b", b, gradient: doubles(5) { skd_column_sums($0, dy, 5, 3, 5, false) }) { f(x, w, $0) }
  }

  @Test func norms() {
    var numbers = TestNumbers(3)
    let (x, dy) = (Numbers(14, &numbers, times: 2).d, Numbers(14, &numbers).d)
    let (w, b) = (Numbers(7, &numbers).d, Numbers(7, &numbers).d)
    let rms = { (x: [Double], w: [Double]) in
      Self.dot(dy, doubles(14) { skd_rmsnorm($0, 7, x, 7, 2, 7, w, 1, 0.1) })
    }
    let found = doubles(21) { skd_rmsnorm_backward($0, 7, $0 + 14, dy, 7, x, 7, 2, 7, w, 1, 0.1) }
    Self.check("rms x", x, gradient: Array(found[..<14])) { rms($0, w) }
    Self.check("rms w", w, gradient: Array(found[14...])) { rms(x, $0) }
    let layer = { (x: [Double], w: [Double], b: [Double]) in
      Self.dot(dy, doubles(14) { skd_layernorm($0, 7, x, 7, 2, 7, w, b, 0.1) })
    }
    let all = doubles(28) { skd_layernorm_backward($0, 7, $0 + 14, $0 + 21, dy, 7, x, 7, 2, 7, w, 0.1) }
    Self.check("layer x", x, gradient: Array(all[..<14])) { layer($0, w, b) }
    Self.check("layer w", w, gradient: Array(all[14..<21])) { layer(x, $0, b) }
    Self.check("layer b", b, gradient: Array(all[21...])) { layer(x, w, $0) }
  }

  @Test func rows() {
    var numbers = TestNumbers(4)
    let (x, dy) = (Numbers(24, &numbers, times: 2).d, Numbers(24, &numbers).d)
    let softmax = { (x: [Double]) in doubles(24) { skd_softmax($0, 8, x, 8, 3, 8, 0.7, 5) } }
    let y = softmax(x)
    Self.check("softmax", x, gradient: doubles(24) { skd_softmax_backward($0, 8, dy, 8, y, 8, 3, 8, 0.7) }) {
      Self.dot(dy, softmax($0))
    }
    let (targets, weights): ([Int64], [Double]) = ([3, -1, 0], [0.5, 0, 2])
    let entropy = { (x: [Double]) in
      Self.dot([1, 7, -0.3], doubles(3) { skd_cross_entropy($0, x, 8, targets, weights, 3, 8) })
    }
    let slope = doubles(24) { skd_cross_entropy_backward($0, 8, [1, 7, -0.3], x, 8, targets, weights, 3, 8) }
    Self.check("cross entropy", x, gradient: slope, of: entropy)
    let (c, s) = (Numbers(9, &numbers).d, Numbers(9, &numbers).d)
    let rope = { (x: [Double]) in doubles(24) { skd_rope($0, 8, x, 8, 3, 1, 8, 6, c, s) } }
    Self.check("rope", x, gradient: doubles(24) { skd_rope_backward($0, 8, dy, 8, 3, 1, 8, 6, c, s) }) {
      Self.dot(dy, rope($0))
    }
    let (table, ids): ([Double], [Int64]) = (Numbers(12, &numbers).d, [2, 0, 2, 3])
    let dtable = doubles(12) { out in
      out.update(repeating: 0, count: 12)
      skd_scatter_add(out, 3, ids, dy, 3, 4, 3)
    }
    Self.check("embedding", table, gradient: dtable) { table in
      Self.dot(Array(dy[..<12]), ids.flatMap { table[Int($0) * 3..<Int($0) * 3 + 3] })
    }
  }

  @Test(arguments: [
    AttentionCase(queries: 4, keys: 6),
    AttentionCase(queries: 3, keys: 5, heads: 4, group: 2, width: 3, valueWidth: 2),
    AttentionCase(queries: 5, keys: 5, window: 2),
    AttentionCase(queries: 2, keys: 4, causal: false),
    AttentionCase(queries: 5, keys: 6, heads: 4, group: 2, window: 3, softcap: 1.5),
    AttentionCase(queries: 2, keys: 4, causal: false, softcap: 0.7),
  ])
  func attention(_ c: AttentionCase) {
    let inputs = c.numbers().map(\.d)
    let gradients = c.gradients(inputs) { (heads: UnsafePointer<skd_attention_gradient>, n, group) in
      skd_attention_backward(heads, n, group)
    }
    let flat = inputs[0] + inputs[1] + inputs[2]
    Self.check("attention", flat, gradient: gradients) { flat in
      let (a, b) = (c.sizes[0], c.sizes[0] + c.sizes[1])
      let parts = [Array(flat[..<a]), Array(flat[a..<b]), Array(flat[b...])]
      let mixed = c.mixed(parts) { (heads: UnsafePointer<skd_attention_head>, n) in skd_attention(heads, n) }
      return Self.dot(inputs[3], mixed)
    }
  }
}
