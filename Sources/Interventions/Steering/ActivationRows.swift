import Models
import Tensors

/// One sample's activation at one site as rows that can be edited: in place where the site allows it, in a copy that
/// is written back otherwise.
struct ActivationRows {
  private let base: UnsafeMutablePointer<Float>
  private let copied: Tensor?
  private let activation: any SiteActivation
  private let sample: Int
  /// The positions along the token axis, in order.
  let positions: Range<Int>
  let heads: Int
  let tokens: Int
  let width: Int

  /// Nil for an activation without elements.
  init?(_ activation: any SiteActivation, _ sample: Int) throws {
    self.activation = activation
    self.sample = sample
    positions = activation.positions(sample)
    if let rows = activation.rows(sample) {
      (base, heads, tokens, width) = (rows.base, 1, rows.count, rows.width)
      copied = nil
    } else {
      let tensor = activation.tensor(sample)
      let sizes = tensor.shape.sizes
      guard sizes.count >= 2, tensor.count > 0 else { return nil }
      // Our own copy: nobody else holds its storage, and it is finished when it is handed back.
      let copy = Tensor(tensor.shape) { out in tensor.withFloats { _ = out.update(fromContentsOf: $0) } }
      base = copy.storage.pointer.assumingMemoryBound(to: Float.self)
      copied = copy
      width = sizes[sizes.count - 1]
      tokens = sizes[sizes.count - 2]
      heads = sizes.dropLast(2).reduce(1, *)
    }
    guard tokens == positions.count else {
      throw InterventionError.runs(
        "the activation at `\(activation.site.path)` has \(tokens) rows for \(positions.count) tokens, so an edit "
          + "cannot tell which is which")
    }
  }

  func row(head: Int, token: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base + (head * tokens + token) * width, count: width)
  }

  /// Hands a copy back after it was edited.
  func finish() throws {
    if let copied { try activation.replace(sample, with: copied) }
  }

  /// The chosen positions' rows as a tensor with the site's axes.
  func gather(_ chosen: [Int], _ entry: SiteCatalog.Entry, _ labels: TokenLabels) -> Tensor {
    let names = entry.axes.map(\.name)
    var axes = [
      Axis(names.dropLast().last ?? "token", chosen.count, labels: labels), Axis(names.last ?? "model", width),
    ]
    if let head = names.first, names.count == 3 { axes.insert(Axis(head, heads), at: 0) }
    return Tensor(Shape(axes)) { out in
      for head in 0..<heads {
        for (index, position) in chosen.enumerated() {
          let start = (head * chosen.count + index) * width
          let source = UnsafeBufferPointer(row(head: head, token: position - positions.lowerBound))
          _ = UnsafeMutableBufferPointer(rebasing: out[start..<start + width]).update(fromContentsOf: source)
        }
      }
    }
  }

  func scatter(_ tensor: Tensor, to chosen: [Int]) {
    tensor.withFloats { values in
      for head in 0..<heads {
        for (index, position) in chosen.enumerated() {
          let start = (head * chosen.count + index) * width
          let source = UnsafeBufferPointer(rebasing: values[start..<start + width])
          _ = row(head: head, token: position - positions.lowerBound).update(fromContentsOf: source)
        }
      }
    }
  }
}

/// Whether every value is finite: 0 · x is 0 for finite x and NaN otherwise.
func isFinite(_ row: UnsafeMutableBufferPointer<Float>) -> Bool {
  guard let start = row.baseAddress else { return true }
  var sums = SIMD8<Float>.zero
  let whole = row.count & ~7
  let raw = UnsafeRawPointer(start)
  for index in stride(from: 0, to: whole, by: 8) {
    sums += raw.loadUnaligned(fromByteOffset: index * 4, as: SIMD8<Float>.self) * 0
  }
  var sum = sums.sum()
  for index in whole..<row.count { sum += row[index] * 0 }
  return sum == 0
}
