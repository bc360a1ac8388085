import Tensors
import Testing

@testable import Scenes

@Suite struct DrawsTests {
  /// The first of the known answers that come with the authors' implementation (Random123, kat_vectors).
  @Test func philoxKnownAnswer() {
    #expect(RandomKey(seed: 0).philox(0) == (0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
  }

  @Test func streamsAndIndicesDiffer() {
    var seen = Set<UInt32>()
    for (seed, stream, index) in [(1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1), (1, 0, -1), (1 << 40, 0, 0)] {
      var draws = Draws(seed: UInt64(seed), stream: UInt32(stream), index: index)
      for _ in 0..<5 { seen.insert(draws.next()) }
    }
    #expect(seen.count == 30)
  }

  @Test func ranges() {
    var draws = Draws(seed: 1, stream: 2, index: 3)
    let below = (0..<3000).map { _ in draws.below(3) }
    for value in 0..<3 { #expect(abs(below.count { $0 == value } - 1000) < 130) }
    let uniform = (0..<1000).map { _ in draws.uniform(-2...3) }
    #expect(uniform.allSatisfy { -2 <= $0 && $0 < 3 })
  }

  /// Mean 0, deviation 1, and tails that end at √12: four numbers of deviation √(1/12) cannot reach further.
  @Test func noise() {
    var draws = Draws(seed: 1, stream: 2, index: 3)
    let values = (0..<20_000).map { _ in draws.noise() }
    let mean = values.reduce(0, +) / 20_000
    let variance = values.reduce(0) { $0 + $1 * $1 } / 20_000
    // Five standard errors.
    #expect(abs(mean) < 5 / 141.4 && abs(variance - 1) < 5 * 0.0092)
    #expect(values.allSatisfy { abs($0) <= 3.4642 })
  }
}
