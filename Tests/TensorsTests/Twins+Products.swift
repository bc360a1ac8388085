import Kernels

extension Twin {
  /// Products of `[m, n]` and `[m, k]`, and what moves rows.
  static func ofProducts(m: Int, n: Int, k: Int) -> [Twin] {
    var numbers = TestNumbers(UInt64(m * 10007 + n * 101 + k))
    let (rows, high, wide) = (Int64(m), Int64(n), Int64(k))
    // Strides larger than the widths.
    let (aStride, bStride) = (high + 3, wide + 1)
    let a = Numbers(m * (n + 3), &numbers)
    let b = Numbers(m * (k + 1), &numbers)
    let w = Numbers(n * k, &numbers)
    let bias = Numbers(n, &numbers)
    return [
      Twin("linear", floor: Double(k).squareRoot()) {
        singles(m * n) { sk_linear($0, high, b.f, bStride, w.f, wide, SK_F32, bias.f, SK_F32, rows, high, wide) }
      } _: {
        doubles(m * n) { skd_linear($0, high, b.d, bStride, w.d, wide, bias.d, rows, high, wide) }
      },
      Twin("matmul", floor: Double(n).squareRoot()) {
        singles(m * k) { sk_matmul($0, wide, a.f, aStride, w.f, wide, SK_F32, rows, wide, high) }
      } _: {
        doubles(m * k) { skd_matmul($0, wide, a.d, aStride, w.d, wide, rows, wide, high) }
      },
      Twin("matmul_tn", floor: Double(m).squareRoot()) {
        singles(n * k) { sk_matmul_tn($0, wide, a.f, aStride, b.f, bStride, rows, high, wide, false) }
      } _: {
        doubles(n * k) { skd_matmul_tn($0, wide, a.d, aStride, b.d, bStride, rows, high, wide, false) }
      },
      Twin("matmul_tn, added", floor: Double(m).squareRoot()) {
        var out = w.f
        sk_matmul_tn(&out, wide, a.f, aStride, b.f, bStride, rows, high, wide, true)
        return out
      } _: {
        var out = w.d
        skd_matmul_tn(&out, wide, a.d, aStride, b.d, bStride, rows, high, wide, true)
        return out
      },
      scatter(m, n, b, width: k, stride: k + 1, into: w),
    ]
  }

  private static func scatter(_ count: Int, _ height: Int, _ x: Numbers, width: Int, stride: Int, into w: Numbers)
    -> Twin
  {
    let ids = (0..<count).map { Int64($0 * $0 % height) }
    let (stride, width) = (Int64(stride), Int64(width))
    return Twin("scatter", floor: 10) {
      var table = w.f
      sk_scatter_add(&table, width, ids, x.f, stride, Int64(count), width)
      return table
    } _: {
      var table = w.d
      skd_scatter_add(&table, width, ids, x.d, stride, Int64(count), width)
      return table
    }
  }

  /// Rotary embedding of part of each head.
  static func ofRotary(rows: Int, heads: Int, width: Int, rotary: Int) -> [Twin] {
    var numbers = TestNumbers(UInt64(rows + heads * 31 + width))
    let (count, n) = (rows * heads * width, Int64(heads * width))
    let x = Numbers(count, &numbers)
    let angles = numbers.array(rows * rotary / 2)
    let (c, s) = (Numbers(angles), Numbers(angles.reversed()))
    let (m, h, w, r) = (Int64(rows), Int64(heads), Int64(width), Int64(rotary))
    return [
      Twin("rope") {
        singles(count) { sk_rope($0, n, x.f, n, m, h, w, r, c.f, s.f) }
      } _: {
        doubles(count) { skd_rope($0, n, x.d, n, m, h, w, r, c.d, s.d) }
      },
      Twin("rope backward") {
        singles(count) { sk_rope_backward($0, n, x.f, n, m, h, w, r, c.f, s.f) }
      } _: {
        doubles(count) { skd_rope_backward($0, n, x.d, n, m, h, w, r, c.d, s.d) }
      },
    ]
  }

  /// Two steps of each optimizer, state included.
  static func ofUpdates(count: Int) -> [Twin] {
    var numbers = TestNumbers(UInt64(count))
    let (p, g) = (Numbers(count, &numbers), Numbers(count, &numbers, times: 0.01))
    let n = Int64(count)
    let squares = Twin("sum of squares") {
      [Float(sk_sum_of_squares(p.f, n))]
    } _: {
      [skd_sum_of_squares(p.d, n)]
    }
    let adams = [true, false].map { decoupled in
      Twin("adam", floor: 0.1) {
        let (out, first, second) = adam(p.f, g.f, zero: 0, decoupled, sk_adam)
        return out + first.map { $0 * 100 } + second.map { $0 * 10000 }
      } _: {
        let (out, first, second) = adam(p.d, g.d, zero: 0, decoupled, skd_adam)
        return out + first.map { $0 * 100 } + second.map { $0 * 10000 }
      }
    }
    let sgds = [true, false].map { nesterov in
      Twin("sgd") {
        let (out, velocity) = sgd(p.f, g.f, zero: 0, nesterov, sk_sgd)
        return out + velocity
      } _: {
        let (out, velocity) = sgd(p.d, g.d, zero: 0, nesterov, skd_sgd)
        return out + velocity
      }
    }
    return [squares] + adams + sgds
  }

  private static func adam<T>(
    _ p: [T], _ g: [T], zero: T, _ decoupled: Bool,
    _ step: (
      UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafeMutablePointer<T>, UnsafePointer<T>, UnsafePointer<T>,
      Int64, UnsafePointer<sk_adam_options>
    ) -> Void
  ) -> ([T], [T], [T]) {
    var out = p
    var first = [T](repeating: zero, count: p.count)
    var second = first
    for turn in 1...2 {
      var options = sk_adam_options(
        learning_rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.1, gradient_scale: 0.5,
        step: Int64(turn), decoupled: decoupled)
      out.withUnsafeMutableBufferPointer { o in
        guard let o = o.baseAddress else { return }
        step(o, &first, &second, o, g, Int64(p.count), &options)
      }
    }
    return (out, first, second)
  }

  private static func sgd<T>(
    _ p: [T], _ g: [T], zero: T, _ nesterov: Bool,
    _ step: (
      UnsafeMutablePointer<T>, UnsafeMutablePointer<T>?, UnsafePointer<T>, UnsafePointer<T>, Int64,
      UnsafePointer<sk_sgd_options>
    ) -> Void
  ) -> ([T], [T]) {
    var out = p
    var velocity = [T](repeating: zero, count: p.count)
    for _ in 0..<2 {
      var options = sk_sgd_options(
        learning_rate: 0.1, momentum: 0.9, weight_decay: 0.01, gradient_scale: 2, nesterov: nesterov)
      out.withUnsafeMutableBufferPointer { o in
        guard let o = o.baseAddress else { return }
        step(o, &velocity, o, g, Int64(p.count), &options)
      }
    }
    return (out, velocity)
  }
}
