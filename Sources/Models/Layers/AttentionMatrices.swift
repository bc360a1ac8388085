import Kernels

/// The scores or the weights of a pass: for each sample `[head, query, key]`, one after the other.
///
/// A class: as a struct it is the one payload of `LiveActivation.Content` with a reference inside, and release builds of
/// Swift 6.3.1 then let go of that reference once too often.
final class AttentionMatrices {
  let heads: Int
  private let mask: Mask
  private let base: UnsafeMutablePointer<Float>
  private let offsets: [Int]

  init(_ pass: Pass, heads: Int, _ mask: Mask) {
    self.heads = heads
    self.mask = mask
    var offsets: [Int] = []
    var count = 0
    for sample in pass.samples {
      offsets.append(count)
      count += heads * sample.rows.count * sample.keys
    }
    self.offsets = offsets
    pass.workspace.matrices.reserve(count)
    base = pass.workspace.matrices.pointer
  }

  func matrix(_ sample: Int) -> UnsafeMutablePointer<Float> { base + offsets[sample] }

  /// Points a head of the sequence `span` to its part of the sample's matrix.
  func lay(_ head: inout sk_attention_head, _ index: Int, _ span: Span, in sample: Span) {
    let row = index * sample.rows.count + span.rows.lowerBound - sample.rows.lowerBound
    let start = matrix(sample.sample) + row * sample.keys + span.firstKey - sample.firstKey
    head.scores = start
    head.weights = start
    head.scores_stride = Int64(sample.keys)
    head.weights_stride = Int64(sample.keys)
  }

  /// Writes `value` wherever a query does not see a key.
  ///
  /// The kernels do so within a sequence; a sample's images are sequences of their own, which do not see each other.
  func setMasked(_ pass: Pass, to value: Float) {
    forEachRow(pass) { row, visible, keys in
      for key in 0..<keys where !visible.contains(key) { row[key] = value }
    }
  }

  /// Whether anything but `masked` stands where a query does not see a key.
  func reachesMasked(_ pass: Pass, masked: Float) -> Bool {
    var found = false
    forEachRow(pass) { row, visible, keys in
      for key in 0..<keys where row[key] != masked && !visible.contains(key) { found = true }
    }
    return found
  }

  /// Calls `body` for each head's rows with the keys that the row's query sees and the number of all keys.
  private func forEachRow(_ pass: Pass, _ body: (UnsafeMutablePointer<Float>, Range<Int>, Int) -> Void) {
    for span in pass.sequences(mask) {
      let sample = pass.samples[span.sample]
      let firstKey = span.firstKey - sample.firstKey
      for head in 0..<heads {
        for index in 0..<span.rows.count {
          let row = head * sample.rows.count + span.rows.lowerBound - sample.rows.lowerBound + index
          let seen = mask.visible(from: span.position + index, keys: span.keys)
          body(
            matrix(sample.sample) + row * sample.keys, firstKey + seen.lowerBound..<firstKey + seen.upperBound,
            sample.keys)
        }
      }
    }
  }
}
