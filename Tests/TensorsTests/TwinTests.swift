import Kernels
import Testing

extension GlobalState {
  /// Every f32 kernel that differentiation uses against its twin in double precision.
  @Suite struct TwinTests {
    static var all: [Twin] {
      [(1, 1), (2, 15), (3, 16), (5, 97), (300, 33)].flatMap { Twin.ofRows(rows: $0, width: $1) }
        + [(1, 1, 1), (5, 3, 7), (8, 12, 16), (13, 130, 33), (257, 33, 40), (600, 5, 70), (3, 1, 200)].flatMap {
          Twin.ofProducts(m: $0, n: $1, k: $2)
        }
        + Twin.ofRotary(rows: 3, heads: 2, width: 7, rotary: 6)
        + Twin.ofRotary(rows: 5, heads: 3, width: 40, rotary: 40)
        + [1, 15, 16, 5000].flatMap { Twin.ofUpdates(count: $0) }
        + AttentionCase.twins
    }

    /// A handful of roundings in f32 of terms as large as the floor; elementary functions are good to 2e-7.
    @Test func everyLevelEqualsDoublePrecision() {
      atEveryLevel { level in
        for twin in Self.all {
          let error = twin.error()
          #expect(error < 3e-6, "level \(level): \(twin.name)")
        }
      }
    }

    @Test func threadsDoNotChangeABit() {
      let threads = sk_threads()
      defer { sk_set_threads(threads) }
      let large =
        Twin.ofRows(rows: 40, width: 3000) + Twin.ofRows(rows: 600, width: 200)
        + Twin.ofProducts(m: 300, n: 200, k: 150)
        + Twin.ofRotary(rows: 60, heads: 20, width: 40, rotary: 40) + Twin.ofUpdates(count: 200_000)
        + AttentionCase.twins
      let results = [Int32(1), 3, 4].map { count in
        sk_set_threads(count)
        return large.map { $0.single().map(\.bitPattern) }
      }
      for (i, twin) in large.enumerated() {
        #expect(results[0][i] == results[1][i] && results[0][i] == results[2][i], "\(twin.name)")
      }
    }

    @Test(.enabled(if: sk_best_level() >= SK_AVX512)) func avx2AndAvx512Agree() {
      defer { sk_force_level(sk_best_level()) }
      for twin in Self.all {
        sk_force_level(Int32(SK_AVX2))
        let narrow = twin.single()
        sk_force_level(Int32(SK_AVX512))
        #expect(narrow.map(\.bitPattern) == twin.single().map(\.bitPattern), "\(twin.name)")
      }
    }

    /// The weights computed again are those of the forward pass, so a gradient that is not wanted changes no other.
    @Test func unwantedGradientsChangeNothing() {
      for c in AttentionCase.all {
        let inputs = c.numbers().map(\.f)
        let find = { (wanted: [Bool]) in
          c.gradients(inputs, wanted: wanted) { (heads: UnsafePointer<sk_attention_gradient>, n, group) in
            sk_attention_backward(heads, n, group)
          }
        }
        let all = find([true, true, true])
        for only in 0..<3 {
          let some = find((0..<3).map { $0 == only })
          let start = c.sizes[..<only].reduce(0, +)
          let part = start..<start + c.sizes[only]
          #expect(some[part].map(\.bitPattern) == all[part].map(\.bitPattern), "\(c), \(only)")
          #expect(some[..<part.lowerBound].allSatisfy { $0 == 0 } && some[part.upperBound...].allSatisfy { $0 == 0 })
        }
      }
    }

    /// A key or value that a query does not see, NaN or not, leaves that query's gradient alone.
    @Test func aMaskedKeyHasNoPartInAGradient() {
      let c = AttentionCase(queries: 4, keys: 130, causal: false)
      let inputs = c.numbers().map(\.f)
      let seen = AttentionCase(queries: 4, keys: 130)
      let find = { (c: AttentionCase, inputs: [[Float]]) in
        c.gradients(inputs) { (heads: UnsafePointer<sk_attention_gradient>, n, group) in
          sk_attention_backward(heads, n, group)
        }
      }
      let (masked, open) = (find(seen, inputs), find(c, inputs))
      #expect(masked != open)
      // The last key is seen by the last query alone.
      var moved = inputs
      moved[1][c.sizes[1] - 1] += 1
      let found = find(seen, moved)
      let before = 0..<3 * c.heads * c.width
      #expect(found[before].map(\.bitPattern) == masked[before].map(\.bitPattern))
    }
  }
}
