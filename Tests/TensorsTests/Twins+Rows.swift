import Kernels

extension Twin {
  /// Kernels on `[rows, width]`, forward and backward.
  static func ofRows(rows: Int, width: Int) -> [Twin] {
    var numbers = TestNumbers(UInt64(rows * 1000 + width))
    let (count, m, n) = (rows * width, Int64(rows), Int64(width))
    let x = Numbers(count, &numbers, times: 3)
    let dy = Numbers(count, &numbers)
    let (w, b) = (Numbers(width, &numbers), Numbers(width, &numbers))
    let deep = Double(rows).squareRoot()
    let y = Numbers(singles(count) { sk_softmax($0, n, x.f, n, m, n, 0.7, -1) })
    var half = [UInt16](repeating: 0, count: width)
    sk_from_f32(&half, SK_F16, w.f, n)
    let stored = half
    let exact = stored.map { Double(Float16(bitPattern: $0)) }
    return [
      Twin("softmax") {
        singles(count) { sk_softmax($0, n, x.f, n, m, n, 0.7, 2) }
      } _: {
        doubles(count) { skd_softmax($0, n, x.d, n, m, n, 0.7, 2) }
      },
      Twin("softmax backward") {
        singles(count) { sk_softmax_backward($0, n, dy.f, n, y.f, n, m, n, 0.7) }
      } _: {
        doubles(count) { skd_softmax_backward($0, n, dy.d, n, y.d, n, m, n, 0.7) }
      },
      Twin("rmsnorm") {
        singles(count) { sk_rmsnorm($0, n, x.f, n, m, n, w.f, SK_F32, 1, 1e-5) }
      } _: {
        doubles(count) { skd_rmsnorm($0, n, x.d, n, m, n, w.d, 1, 1e-5) }
      },
      Twin("rmsnorm backward", floor: deep) {
        singles(count + width) {
          sk_rmsnorm_backward($0, n, $0 + count, dy.f, n, x.f, n, m, n, w.f, SK_F32, 1, 1e-5)
        }
      } _: {
        doubles(count + width) { skd_rmsnorm_backward($0, n, $0 + count, dy.d, n, x.d, n, m, n, w.d, 1, 1e-5) }
      },
      Twin("rmsnorm backward, f16 weight, x only") {
        singles(count) { sk_rmsnorm_backward($0, n, nil, dy.f, n, x.f, n, m, n, stored, SK_F16, 0, 1e-5) }
      } _: {
        doubles(count) { skd_rmsnorm_backward($0, n, nil, dy.d, n, x.d, n, m, n, exact, 0, 1e-5) }
      },
      Twin("rmsnorm backward, weight only", floor: deep) {
        singles(width) { sk_rmsnorm_backward(nil, 0, $0, dy.f, n, x.f, n, m, n, nil, SK_F32, 0, 1e-5) }
      } _: {
        doubles(width) { skd_rmsnorm_backward(nil, 0, $0, dy.d, n, x.d, n, m, n, nil, 0, 1e-5) }
      },
      Twin("layernorm") {
        singles(count) { sk_layernorm($0, n, x.f, n, m, n, w.f, b.f, SK_F32, 1e-2) }
      } _: {
        doubles(count) { skd_layernorm($0, n, x.d, n, m, n, w.d, b.d, 1e-2) }
      },
      Twin("layernorm backward", floor: max(deep, 3)) {
        singles(count + 2 * width) { out in
          let dw = out + count
          sk_layernorm_backward(out, n, dw, dw + width, dy.f, n, x.f, n, m, n, w.f, SK_F32, 1e-2)
        }
      } _: {
        doubles(count + 2 * width) { out in
          let dw = out + count
          skd_layernorm_backward(out, n, dw, dw + width, dy.d, n, x.d, n, m, n, w.d, 1e-2)
        }
      },
      Twin("column sums", floor: deep) {
        var out = w.f
        sk_column_sums(&out, x.f, n, m, n, true)
        return out + singles(width) { sk_column_sums($0, x.f, n, m, n, false) }
      } _: {
        var out = w.d
        skd_column_sums(&out, x.d, n, m, n, true)
        return out + doubles(width) { skd_column_sums($0, x.d, n, m, n, false) }
      },
    ] + gates(rows: rows, width: width) + entropies(rows: rows, width: width)
  }

  private static func gates(rows: Int, width: Int) -> [Twin] {
    var numbers = TestNumbers(UInt64(rows * 2000 + width))
    let (count, m, n) = (rows * width, Int64(rows), Int64(width))
    let dy = Numbers(count, &numbers)
    let up = Numbers(count, &numbers)
    return unaryOps.flatMap { op -> [Twin] in
      let positive = op == SK_SQRT || op == SK_RECIPROCAL
      let x = Numbers(count, &numbers, times: positive ? 1 : 4, plus: positive ? 1.1 : 0)
      return [
        Twin("unary \(op.rawValue)", floor: 1) {
          singles(count) { sk_unary(op, $0, x.f, m * n) }
        } _: {
          doubles(count) { skd_unary(op, $0, x.d, m * n) }
        },
        // Near the ends a slope is a difference of two numbers of order 1 times x.
        Twin("unary \(op.rawValue) backward", floor: 2) {
          singles(count) { sk_unary_backward(op, $0, dy.f, x.f, m * n) }
        } _: {
          doubles(count) { skd_unary_backward(op, $0, dy.d, x.d, m * n) }
        },
        Twin("gate \(op.rawValue)", floor: 1) {
          singles(count) { sk_gate(op, $0, n, x.f, n, up.f, n, m, n) }
        } _: {
          doubles(count) { skd_gate(op, $0, n, x.d, n, up.d, n, m, n) }
        },
        Twin("gate \(op.rawValue) backward", floor: 2) {
          singles(2 * count) { sk_gate_backward(op, $0, n, $0 + count, n, dy.f, n, x.f, n, up.f, n, m, n) }
        } _: {
          doubles(2 * count) { skd_gate_backward(op, $0, n, $0 + count, n, dy.d, n, x.d, n, up.d, n, m, n) }
        },
      ]
    }
  }

  /// The second row has no weight and a target that does not exist.
  private static func entropies(rows: Int, width: Int) -> [Twin] {
    var numbers = TestNumbers(UInt64(rows * 3000 + width))
    let (count, m, n) = (rows * width, Int64(rows), Int64(width))
    let x = Numbers(count, &numbers, times: 10)
    let dloss = Numbers(rows, &numbers)
    var weights = numbers.array(rows).map { abs($0) + 0.1 }
    var targets = (0..<rows).map { Int64($0 * 7 % width) }
    if rows > 1 { (weights[1], targets[1]) = (0, -100) }
    let (t, w) = (targets, Numbers(weights))
    return [
      Twin("cross entropy", floor: 10) {
        singles(rows) { sk_cross_entropy($0, x.f, n, t, w.f, m, n) }
      } _: {
        doubles(rows) { skd_cross_entropy($0, x.d, n, t, w.d, m, n) }
      },
      Twin("cross entropy backward", floor: 1) {
        singles(count) { sk_cross_entropy_backward($0, n, dloss.f, x.f, n, t, w.f, m, n) }
      } _: {
        doubles(count) { skd_cross_entropy_backward($0, n, dloss.d, x.d, n, t, w.d, m, n) }
      },
    ]
  }
}
