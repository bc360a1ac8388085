import Foundation
import Kernels
import Tensors

/// Cosines and sines of a pass's positions, row by row.
final class Rotary {
  private let configuration: RotaryConfiguration
  private let headSize: Int
  private var frequencies: [Float]
  private let axes: [RotaryPosition.Axis]
  /// `[row, pair]`
  private let cosine: Buffer
  private let sine: Buffer

  init(_ configuration: RotaryConfiguration, headSize: Int, rows: Int) {
    self.configuration = configuration
    self.headSize = headSize
    frequencies = configuration.frequencies(headSize: headSize, length: 0)
    axes = configuration.axes(pairs: frequencies.count)
    cosine = Buffer(rows * frequencies.count)
    sine = Buffer(rows * frequencies.count)
  }

  /// Rows `rows` stand at consecutive places of a sequence from `place` on; it ends with the last of them.
  ///
  /// Where angles depend on the sequence's length, it is the length that the pass reaches: what earlier passes have left in
  /// a cache stays as it was turned then, as in transformers.
  func place(rows: Range<Int>, at place: Int, in sequence: MultimodalPositions) {
    guard !rows.isEmpty else { return }
    if configuration.dependsOnLength {
      let last = sequence[place + rows.count - 1].largest
      frequencies = configuration.frequencies(headSize: headSize, length: last + 1)
    }
    for row in rows { self.place(row, at: sequence[place + row - rows.lowerBound]) }
  }

  /// Row `row` stands at a position.
  func place(_ row: Int, at position: RotaryPosition) {
    let pairs = frequencies.count
    let factor = Float(configuration.attentionFactor)
    for pair in 0..<pairs {
      let angle = Float(position[axes[pair]]) * frequencies[pair]
      cosine.pointer[row * pairs + pair] = cosf(angle) * factor
      sine.pointer[row * pairs + pair] = sinf(angle) * factor
    }
  }

  /// The cosines and sines of the first `rows` rows: `[token, pair]` each.
  func tables(rows: Int) -> (cosine: Tensor, sine: Tensor) {
    func table(_ buffer: Buffer) -> Tensor {
      Tensor(Shape([Axis("token", rows), Axis("pair", frequencies.count)])) { out in
        out.baseAddress?.update(from: buffer.pointer, count: out.count)
      }
    }
    return (table(cosine), table(sine))
  }

  /// Turns `x`, `[row, head, feature]`, in place.
  func apply(_ x: UnsafeMutablePointer<Float>, rows: Int, heads: Int) {
    let (stride, size) = (Int64(heads * headSize), Int64(headSize))
    sk_rope(
      x, stride, x, stride, Int64(rows), Int64(heads), size, Int64(2 * frequencies.count), cosine.pointer,
      sine.pointer)
  }
}
