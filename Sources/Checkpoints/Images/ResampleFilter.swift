import Glibc

/// How new pixels are mixed from old ones when an image changes its size. Names and shapes as in Pillow.
public enum ResampleFilter: Int, Sendable, CaseIterable {
  // The raw values are PIL's, as processor configurations write them.
  case nearest = 0
  case lanczos = 1
  case bilinear = 2
  case bicubic = 3
  case box = 4
  case hamming = 5

  /// How far the filter reaches, in pixels of the smaller of the two images.
  var support: Double {
    switch self {
    case .nearest: 0
    case .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The weight at distance `x`. Each formula is evaluated in Pillow's order, on which the last bit depends.
  func weight(_ x: Double) -> Double {
    let distance = abs(x)
    switch self {
    case .nearest: return 0
    case .box: return x > -0.5 && x <= 0.5 ? 1 : 0
    case .bilinear: return distance < 1 ? 1 - distance : 0
    case .hamming:
      if distance == 0 { return 1 }
      if distance >= 1 { return 0 }
      let angle = distance * Double.pi
      // Single-precision constants, as in the C source.
      return sin(angle) / angle * (Double(Float(0.54)) + Double(Float(0.46)) * cos(angle))
    case .bicubic:
      let a = -0.5
      if distance < 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
      return distance < 2 ? (((distance - 5) * distance + 8) * distance - 4) * a : 0
    case .lanczos: return -3 <= x && x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
    }
  }

  private static func sinc(_ x: Double) -> Double {
    if x == 0 { return 1 }
    let angle = x * Double.pi
    return sin(angle) / angle
  }
}

/// The weights with which the pixels of one axis mix into each new pixel, in 22-bit fixed point.
struct ResampleWeights {
  /// Fixed-point bits: what an Int32 sum of 8-bit samples leaves room for.
  static let bits: Int32 = 32 - 8 - 2

  /// The first old pixel and the number of them, for every new pixel.
  private(set) var spans: [(first: Int, count: Int)] = []
  /// `stride` weights for every new pixel, of which `count` are used.
  private(set) var weights: [Int32]
  let stride: Int

  init(from oldSize: Int, to newSize: Int, _ filter: ResampleFilter) {
    let scale = Double(oldSize) / Double(newSize)
    // Shrinking stretches the filter over all the pixels that one new pixel replaces.
    let stretch = max(scale, 1)
    let support = filter.support * stretch
    stride = Int(support.rounded(.up)) * 2 + 1
    weights = Array(repeating: 0, count: newSize * stride)
    spans.reserveCapacity(newSize)
    var exact = [Double](repeating: 0, count: stride)
    for new in 0..<newSize {
      let center = (Double(new) + 0.5) * scale
      let first = max(0, Int(center - support + 0.5))
      let count = min(oldSize, Int(center + support + 0.5)) - first
      var sum = 0.0
      for i in 0..<count {
        exact[i] = filter.weight((Double(i + first) - center + 0.5) * (1 / stretch))
        sum += exact[i]
      }
      for i in 0..<count {
        let weight = (sum != 0 ? exact[i] / sum : exact[i]) * Double(1 << Self.bits)
        weights[new * stride + i] = Int32(weight < 0 ? weight - 0.5 : weight + 0.5)
      }
      spans.append((first, count))
    }
  }
}
