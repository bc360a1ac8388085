import Tensors

/// Draws for one purpose at one index: the same whatever else is drawn, in whatever order.
struct Draws {
  private let key: RandomKey
  private var block: UInt64 = 0
  private var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  private var used = 4

  init(seed: UInt64, stream: UInt32, index: Int) {
    key = RandomKey(seed: seed).fold(UInt64(stream)).fold(UInt64(bitPattern: Int64(index)))
  }

  mutating func next() -> UInt32 {
    if used == 4 {
      words = key.philox(block)
      block &+= 1
      used = 0
    }
    used += 1
    switch used {
    case 1: return words.0
    case 2: return words.1
    case 3: return words.2
    default: return words.3
    }
  }

  /// A number from 0 up to, but not including, `count`. The bias is below `count` / 2³².
  mutating func below(_ count: Int) -> Int { Int((UInt64(next()) * UInt64(count)) >> 32) }

  /// A number in the range, uniformly, in steps of 2⁻³² of its width.
  mutating func uniform(_ range: ClosedRange<Double> = 0...1) -> Double {
    range.lowerBound + Double(next()) * 0x1p-32 * (range.upperBound - range.lowerBound)
  }

  mutating func chance(_ probability: Double) -> Bool { uniform() < probability }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  /// Nearly normal noise of mean 0 and deviation 1: four uniform numbers of 16 bits added up. Sums and one product, so that it
  /// is the same to the bit on every machine, which logarithm and cosine are not.
  mutating func noise() -> Double {
    let (a, b) = (next(), next())
    let sum = Int(a & 0xFFFF) + Int(a >> 16) + Int(b & 0xFFFF) + Int(b >> 16)
    // Four numbers from 0 to 65535 have the mean 131070 and the variance 4 · (65536² − 1) / 12.
    return (Double(sum) - 131_070) * (1 / 37_837.227)
  }
}
