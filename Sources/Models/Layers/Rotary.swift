import Foundation
import Kernels
import Tensors

/// Cosines and sines of a pass's positions, row by row.
final class Rotary {
  private let frequencies: [Float]
  private let headSize: Int
  /// `[row, headSize / 2]`
  private let cosine: Buffer
  private let sine: Buffer

  init(_ configuration: RotaryConfiguration, headSize: Int, rows: Int) {
    frequencies = configuration.frequencies(headSize: headSize)
    self.headSize = headSize
    cosine = Buffer(rows * headSize / 2)
    sine = Buffer(rows * headSize / 2)
  }

  /// Rows `rows` stand at consecutive positions from `position` on.
  func place(rows: Range<Int>, at position: Int) {
    let pairs = frequencies.count
    for row in rows {
      let position = Float(position + row - rows.lowerBound)
      for pair in 0..<pairs {
        let angle = position * frequencies[pair]
        cosine.pointer[row * pairs + pair] = cosf(angle)
        sine.pointer[row * pairs + pair] = sinf(angle)
      }
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
    sk_rope(x, stride, x, stride, Int64(rows), Int64(heads), size, size, cosine.pointer, sine.pointer)
  }
}
