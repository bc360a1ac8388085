import Kernels
import Tensors

/// The same kernels with the same arguments as a forward pass of inference, so the same bits.
extension Float: LayerNumber {
  static var dtype: DType { .f32 }

  static func stored(_ weight: Tensor) -> StoredWeight {
    weight.dtype.stored.map { StoredWeight(weight, $0) } ?? StoredWeight(weight.to(.f32))
  }

  static func linear(_ out: Out, _ x: In, _ weight: StoredWeight, _ bias: StoredWeight?, _ size: LinearSize) {
    let (m, n, k) = (Int64(size.rows), Int64(size.outputs), Int64(size.inputs))
    sk_linear(out, n, x, k, weight.pointer, k, weight.type, bias?.pointer, bias?.type ?? SK_F32, m, n, k)
  }

  static func linearInput(_ dx: Out, _ dy: In, _ weight: StoredWeight, _ size: LinearSize) {
    let (m, n, k) = (Int64(size.rows), Int64(size.outputs), Int64(size.inputs))
    sk_matmul(dx, k, dy, n, weight.pointer, k, weight.type, m, k, n)
  }

  static func linearWeight(_ dweight: Out, _ dy: In, _ x: In, _ size: LinearSize) {
    let (m, n, k) = (Int64(size.rows), Int64(size.outputs), Int64(size.inputs))
    sk_matmul_tn(dweight, k, dy, n, x, k, m, n, k, false)
  }

  static func columnSums(_ out: Out, _ x: In, rows: Int, width: Int) {
    sk_column_sums(out, x, Int64(width), Int64(rows), Int64(width), false)
  }

  static func rmsNorm(_ out: Out, _ x: In, _ weight: StoredWeight?, _ scale: RMSScale, rows: Int, width: Int) {
    let (m, n) = (Int64(rows), Int64(width))
    sk_rmsnorm(out, n, x, n, m, n, weight?.pointer, weight?.type ?? SK_F32, scale.offset, scale.epsilon)
  }

  static func rmsNormBackward(
    _ dx: Out?, _ dweight: Out?, _ dy: In, _ x: In, _ weight: StoredWeight?, _ scale: RMSScale, rows: Int, width: Int
  ) {
    let (m, n) = (Int64(rows), Int64(width))
    sk_rmsnorm_backward(
      dx, n, dweight, dy, n, x, n, m, n, weight?.pointer, weight?.type ?? SK_F32, scale.offset, scale.epsilon)
  }

  static func layerNorm(
    _ out: Out, _ x: In, _ weight: StoredWeight?, _ bias: StoredWeight?, _ epsilon: Float, rows: Int, width: Int
  ) {
    // The kernel reads both in one type.
    if let scale = weight, let offset = bias, scale.type != offset.type {
      let (scale, offset) = (StoredWeight(scale.tensor.to(.f32)), StoredWeight(offset.tensor.to(.f32)))
      return withExtendedLifetime((scale, offset)) {
        layerNorm(out, x, scale, offset, epsilon, rows: rows, width: width)
      }
    }
    let (m, n) = (Int64(rows), Int64(width))
    sk_layernorm(out, n, x, n, m, n, weight?.pointer, bias?.pointer, (weight ?? bias)?.type ?? SK_F32, epsilon)
  }

  static func layerNormBackward(
    _ dx: Out?, _ dweight: Out?, _ dbias: Out?, _ dy: In, _ x: In, _ weight: StoredWeight?, _ epsilon: Float,
    rows: Int, width: Int
  ) {
    let (m, n) = (Int64(rows), Int64(width))
    sk_layernorm_backward(
      dx, n, dweight, dbias, dy, n, x, n, m, n, weight?.pointer, weight?.type ?? SK_F32, epsilon)
  }

  static func rotary(_ out: Out, _ x: In, _ cosine: In, _ sine: In, _ size: RotarySize) {
    let (heads, feature) = (Int64(size.heads), Int64(size.feature))
    let stride = heads * feature
    sk_rope(out, stride, x, stride, Int64(size.rows), heads, feature, Int64(2 * size.pairs), cosine, sine)
  }

  static func rotaryBackward(_ dx: Out, _ dy: In, _ cosine: In, _ sine: In, _ size: RotarySize) {
    let (heads, feature) = (Int64(size.heads), Int64(size.feature))
    let stride = heads * feature
    sk_rope_backward(dx, stride, dy, stride, Int64(size.rows), heads, feature, Int64(2 * size.pairs), cosine, sine)
  }

  static func activationBackward(_ operation: sk_unary_op, _ dx: Out, _ dy: In, _ x: In, count: Int) {
    sk_unary_backward(operation, dx, dy, x, Int64(count))
  }

  static func gate(_ operation: sk_unary_op, _ out: Out, _ gate: In, _ up: In, rows: Int, width: Int) {
    let n = Int64(width)
    sk_gate(operation, out, n, gate, n, up, n, Int64(rows), n)
  }

  static func gateBackward(
    _ operation: sk_unary_op, _ dgate: Out?, _ dup: Out?, _ dy: In, _ gate: In, _ up: In, rows: Int, width: Int
  ) {
    let n = Int64(width)
    sk_gate_backward(operation, dgate, n, dup, n, dy, n, gate, n, up, n, Int64(rows), n)
  }

  static func attention(_ heads: [sk_attention_head]) { sk_attention(heads, Int64(heads.count)) }

  static func attentionBackward(_ heads: [sk_attention_gradient], group: Int) {
    sk_attention_backward(heads, Int64(heads.count), Int64(group))
  }

  static func crossEntropy(_ losses: Out, _ logits: In, _ targets: [Int64], _ weights: [Float], vocab: Int) {
    sk_cross_entropy(losses, logits, Int64(vocab), targets, weights, Int64(targets.count), Int64(vocab))
  }

  static func crossEntropyBackward(
    _ dlogits: Out, _ dlosses: In, _ logits: In, _ targets: [Int64], _ weights: [Float], vocab: Int
  ) {
    let width = Int64(vocab)
    sk_cross_entropy_backward(dlogits, width, dlosses, logits, width, targets, weights, Int64(targets.count), width)
  }

  static func rows(_ out: Out, of table: Tensor, _ ids: [Int]) {
    let stored = stored(table)
    let width = table.axes[1].size
    let rowBytes = stored.tensor.dtype.byteCount(of: width)
    withExtendedLifetime(stored) {
      for (index, id) in ids.enumerated() {
        sk_to_f32(out + index * width, stored.pointer + id * rowBytes, stored.type, Int64(width))
      }
    }
  }

  static func scatterAdd(_ table: Out, _ ids: [Int64], _ x: In, width: Int) {
    sk_scatter_add(table, Int64(width), ids, x, Int64(width), Int64(ids.count), Int64(width))
  }
}
