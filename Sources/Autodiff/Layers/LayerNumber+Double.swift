import Kernels
import Tensors

/// Plain kernels in double precision, for derivatives checked by finite differences.
extension Double: LayerNumber {
  static var dtype: DType { .f64 }

  static func stored(_ weight: Tensor) -> StoredWeight { StoredWeight(weight.to(.f64)) }

  static func linear(_ out: Out, _ x: In, _ weight: StoredWeight, _ bias: StoredWeight?, _ size: LinearSize) {
    let (m, n, k) = (Int64(size.rows), Int64(size.outputs), Int64(size.inputs))
    skd_linear(out, n, x, k, weight.doubles, k, bias?.doubles, m, n, k)
  }

  static func linearInput(_ dx: Out, _ dy: In, _ weight: StoredWeight, _ size: LinearSize) {
    let (m, n, k) = (Int64(size.rows), Int64(size.outputs), Int64(size.inputs))
    skd_matmul(dx, k, dy, n, weight.doubles, k, m, k, n)
  }

  static func linearWeight(_ dweight: Out, _ dy: In, _ x: In, _ size: LinearSize) {
    let (m, n, k) = (Int64(size.rows), Int64(size.outputs), Int64(size.inputs))
    skd_matmul_tn(dweight, k, dy, n, x, k, m, n, k, false)
  }

  static func columnSums(_ out: Out, _ x: In, rows: Int, width: Int) {
    skd_column_sums(out, x, Int64(width), Int64(rows), Int64(width), false)
  }

  static func rmsNorm(_ out: Out, _ x: In, _ weight: StoredWeight?, _ scale: RMSScale, rows: Int, width: Int) {
    let (m, n) = (Int64(rows), Int64(width))
    skd_rmsnorm(out, n, x, n, m, n, weight?.doubles, Double(scale.offset), Double(scale.epsilon))
  }

  static func rmsNormBackward(
    _ dx: Out?, _ dweight: Out?, _ dy: In, _ x: In, _ weight: StoredWeight?, _ scale: RMSScale, rows: Int, width: Int
  ) {
    let (m, n) = (Int64(rows), Int64(width))
    skd_rmsnorm_backward(
      dx, n, dweight, dy, n, x, n, m, n, weight?.doubles, Double(scale.offset), Double(scale.epsilon))
  }

  static func layerNorm(
    _ out: Out, _ x: In, _ weight: StoredWeight?, _ bias: StoredWeight?, _ epsilon: Float, rows: Int, width: Int
  ) {
    let (m, n) = (Int64(rows), Int64(width))
    skd_layernorm(out, n, x, n, m, n, weight?.doubles, bias?.doubles, Double(epsilon))
  }

  static func layerNormBackward(
    _ dx: Out?, _ dweight: Out?, _ dbias: Out?, _ dy: In, _ x: In, _ weight: StoredWeight?, _ epsilon: Float,
    rows: Int, width: Int
  ) {
    let (m, n) = (Int64(rows), Int64(width))
    skd_layernorm_backward(
      dx, n, dweight, dbias, dy, n, x, n, m, n, weight?.doubles, Double(epsilon))
  }

  static func rotary(_ out: Out, _ x: In, _ cosine: In, _ sine: In, _ size: RotarySize) {
    let (heads, feature) = (Int64(size.heads), Int64(size.feature))
    let stride = heads * feature
    skd_rope(out, stride, x, stride, Int64(size.rows), heads, feature, Int64(2 * size.pairs), cosine, sine)
  }

  static func rotaryBackward(_ dx: Out, _ dy: In, _ cosine: In, _ sine: In, _ size: RotarySize) {
    let (heads, feature) = (Int64(size.heads), Int64(size.feature))
    let stride = heads * feature
    skd_rope_backward(dx, stride, dy, stride, Int64(size.rows), heads, feature, Int64(2 * size.pairs), cosine, sine)
  }

  static func activationBackward(_ operation: sk_unary_op, _ dx: Out, _ dy: In, _ x: In, count: Int) {
    skd_unary_backward(operation, dx, dy, x, Int64(count))
  }

  static func gate(_ operation: sk_unary_op, _ out: Out, _ gate: In, _ up: In, rows: Int, width: Int) {
    let n = Int64(width)
    skd_gate(operation, out, n, gate, n, up, n, Int64(rows), n)
  }

  static func gateBackward(
    _ operation: sk_unary_op, _ dgate: Out?, _ dup: Out?, _ dy: In, _ gate: In, _ up: In, rows: Int, width: Int
  ) {
    let n = Int64(width)
    skd_gate_backward(operation, dgate, n, dup, n, dy, n, gate, n, up, n, Int64(rows), n)
  }

  static func attention(_ heads: [skd_attention_head]) { skd_attention(heads, Int64(heads.count)) }

  static func attentionBackward(_ heads: [skd_attention_gradient], group: Int) {
    skd_attention_backward(heads, Int64(heads.count), Int64(group))
  }

  static func crossEntropy(_ losses: Out, _ logits: In, _ targets: [Int64], _ weights: [Double], vocab: Int) {
    skd_cross_entropy(losses, logits, Int64(vocab), targets, weights, Int64(targets.count), Int64(vocab))
  }

  static func crossEntropyBackward(
    _ dlogits: Out, _ dlosses: In, _ logits: In, _ targets: [Int64], _ weights: [Double], vocab: Int
  ) {
    let width = Int64(vocab)
    skd_cross_entropy_backward(dlogits, width, dlosses, logits, width, targets, weights, Int64(targets.count), width)
  }

  static func rows(_ out: Out, of table: Tensor, _ ids: [Int]) {
    let stored = stored(table)
    let width = table.axes[1].size
    withExtendedLifetime(stored) {
      for (index, id) in ids.enumerated() {
        (out + index * width).update(from: stored.doubles + id * width, count: width)
      }
    }
  }

  static func scatterAdd(_ table: Out, _ ids: [Int64], _ x: In, width: Int) {
    skd_scatter_add(table, Int64(width), ids, x, Int64(width), Int64(ids.count), Int64(width))
  }
}

extension StoredWeight {
  fileprivate var doubles: UnsafePointer<Double> { pointer.assumingMemoryBound(to: Double.self) }
}
