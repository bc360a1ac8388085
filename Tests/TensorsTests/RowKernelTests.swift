import Kernels
import Testing

@testable import Tensors

extension GlobalState {
  /// Kernels on rows and elements: every level against the portable one, any width, any number of threads.
  @Suite struct RowKernelTests {
    static let widths = [1, 2, 15, 16, 17, 31, 96, 1000]
    /// All row kernels on one input, end to end.
    static func everything(width: Int) -> [Float] {
      var numbers = TestNumbers(UInt64(width))
      let (rows, n) = (Int64(3), Int64(width))
      let x = numbers.array(3 * width).map { $0 * 20 }
      let (w, b) = (numbers.array(width), numbers.array(width))
      var result: [Float] = []
      var out = [Float](repeating: .nan, count: 3 * width)
      let keep = { result += out }
      sk_softmax(&out, n, x, n, rows, n, 0.7, -1)
      keep()
      sk_softmax(&out, n, x, n, rows, n, 0.7, 0)
      keep()
      sk_rmsnorm(&out, n, x, n, rows, n, w, SK_F32, 1, 1e-6)
      keep()
      sk_layernorm(&out, n, x, n, rows, n, w, b, SK_F32, 1e-5)
      keep()
      sk_gate(SK_SILU, &out, n, x, n, x, n, rows, n)
      keep()
      for op in unaryOps {
        sk_unary(op, &out, op == SK_SQRT ? x.map { abs($0) } : x, 3 * n)
        keep()
      }
      for op in [SK_ADD, SK_SUBTRACT, SK_MULTIPLY, SK_DIVIDE, SK_MINIMUM, SK_MAXIMUM] {
        sk_binary(op, &out, x, 1, w, 0, 3 * n)
        keep()
        sk_binary(op, &out, x, 0, x, 1, 3 * n)
        keep()
      }
      return result
    }

    /// Without fused multiply-add the last bits differ; nothing else may. Where terms of order 1 cancel (a norm, the tail of
    /// gelu) those bits are of order 1 too, hence the floor under the relative error.
    @Test func everyLevelEqualsThePortableOne() {
      for width in Self.widths {
        var portable: [Float] = []
        atEveryLevel { level in
          let found = Self.everything(width: width)
          if level == SK_PORTABLE { portable = found }
          for (i, (a, b)) in zip(found, portable).enumerated() where a != b {
            let error = abs(a - b) / max(abs(b), 0.3)
            #expect(error < 2e-6, "level \(level), width \(width), element \(i): \(a) against \(b)")
          }
        }
      }
    }

    @Test func threadsDoNotChangeABit() {
      let threads = sk_threads()
      defer { sk_set_threads(threads) }
      let results = [Int32(1), 4].map { count in
        sk_set_threads(count)
        return Self.everything(width: 30_000).map(\.bitPattern)
      }
      #expect(results[0] == results[1])
    }

    @Test func specialNumbersStaySpecial() {
      atEveryLevel { _ in
        let x: [Float] = [.nan, .infinity, -.infinity, 0, 200, -200]
        var out = [Float](repeating: 0, count: 6)
        sk_unary(SK_EXP, &out, x, 6)
        #expect(out[0].isNaN && out[1] == .infinity && out[2] == 0 && out[3] == 1 && out[4] == .infinity && out[5] == 0)
        sk_unary(SK_TANH, &out, x, 6)
        #expect(out[0].isNaN && out[1] == 1 && out[2] == -1 && out[3] == 0 && out[4] == 1 && out[5] == -1)
        sk_unary(SK_ERF, &out, x, 6)
        #expect(out[0].isNaN && out[1] == 1 && out[2] == -1 && out[3] == 0)
        sk_unary(SK_RELU, &out, x, 6)
        #expect(out[0].isNaN && out[1] == .infinity && out[2] == 0)
        sk_unary(SK_SIGMOID, &out, x, 6)
        #expect(out[0].isNaN && out[1] == 1 && out[2] == 0 && out[3] == 0.5)
        sk_binary(SK_MAXIMUM, &out, x, 1, [Float(1)], 0, 6)
        #expect(out[0].isNaN && out[1] == .infinity && out[2] == 1)
        sk_softmax(&out, 3, [-Float.infinity, -.infinity, -.infinity, 0, .nan, 1], 3, 2, 3, 1, -1)
        #expect(out[..<3] == [0, 0, 0] && out[3...].allSatisfy(\.isNaN))
      }
    }

    /// Exhaustive: every half-precision pattern widens to its number and comes back; bf16 likewise.
    @Test func everyHalfNumberSurvives() {
      atEveryLevel { level in
        for type in [SK_F16, SK_BF16] {
          let patterns = (0..<65536).map { UInt16($0) }
          var wide = [Float](repeating: 0, count: 65536)
          sk_to_f32(&wide, patterns, type, 65536)
          var back = [UInt16](repeating: 0, count: 65536)
          sk_from_f32(&back, type, wide, 65536)
          for i in 0..<65536 {
            let expected = type == SK_F16 ? Float(Float16(bitPattern: patterns[i])) : Float(bitPattern: UInt32(i) << 16)
            #expect(wide[i] == expected || (wide[i].isNaN && expected.isNaN), "level \(level), \(i)")
            if !expected.isNaN { #expect(back[i] == patterns[i], "level \(level), \(i)") }
          }
        }
      }
    }

    @Test func narrowingRoundsToNearestEven() {
      var numbers = TestNumbers(9)
      let ties: [Float] = [
        1 + 0x1p-11, 1 + 3 * 0x1p-11, 1 + 0x1p-8, 1 + 3 * 0x1p-8, 65519, 65520, 0x1p-25, 0x1.8p-25, 3e38, 0x1.ffp127,
      ]
      let x = ties + numbers.array(1000).map { $0 * 0x1p-14 } + numbers.array(1000).map { $0 * 100 }
      atEveryLevel { level in
        var half = [UInt16](repeating: 0, count: x.count)
        sk_from_f32(&half, SK_F16, x, Int64(x.count))
        #expect(half == x.map { Float16($0).bitPattern }, "level \(level)")
        sk_from_f32(&half, SK_BF16, x, Int64(x.count))
        for (value, bits) in zip(x, half) {
          // The two neighbours in bf16; the nearer one, and the even one of a tie.
          let low = Float(bitPattern: value.bitPattern & 0xffff_0000)
          let high = Float(bitPattern: (value.bitPattern & 0xffff_0000) &+ 0x1_0000)
          let (down, up) = (
            abs(Double(value) - Double(low)),
            abs(Double(high.isInfinite ? 0x1p128 : Double(high)) - abs(Double(value)) * (value < 0 ? -1 : 1))
          )
          let odd = low.bitPattern & 0x1_0000 != 0
          let nearest = down < up || (down == up && !odd) ? low : high
          #expect(Float(bitPattern: UInt32(bits) << 16) == nearest, "level \(level), \(value)")
        }
      }
    }
  }
}
