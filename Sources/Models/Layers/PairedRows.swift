import Tensors

/// The order of the rows of queries and keys in GGUF files of Llama: the two features that turn together by rotary embedding
/// lie side by side in each head, not half a head apart as everywhere else.
///
/// Such a weight stays as it lies; what it gives is put in order.
struct PairedRows: Sendable, Hashable {
  let headSize: Int

  /// Which stored row is the model's row `row`.
  func stored(_ row: Int) -> Int {
    let (head, feature) = row.quotientAndRemainder(dividingBy: headSize)
    let half = headSize / 2
    return head * headSize + (feature < half ? 2 * feature : 2 * (feature - half) + 1)
  }

  /// The stored row of each of `count` rows.
  func order(_ count: Int) -> [Int] { (0..<count).map(stored) }

  /// The rows of a plain tensor in the model's order.
  func ordered(_ tensor: Tensor) -> Tensor {
    let rows = tensor.axes.first?.size ?? 0
    let bytes = rows == 0 ? 0 : tensor.dtype.byteCount(of: tensor.count) / rows
    let storage = Storage(byteCount: rows * bytes)
    tensor.withUnsafeBytes { source in
      guard let base = source.baseAddress, bytes > 0 else { return }
      for row in 0..<rows {
        (storage.pointer + row * bytes).copyMemory(from: base + stored(row) * bytes, byteCount: bytes)
      }
    }
    return Tensor(shape: tensor.shape, dtype: tensor.dtype, storage: storage)
  }
}
