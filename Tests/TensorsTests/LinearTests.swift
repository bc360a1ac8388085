import Kernels
import Testing

extension GlobalState {
  @Suite struct LinearTests {
    static let types: [sk_dtype] = [SK_F32, SK_F16, SK_BF16]

    /// A product with everything odd about it: sizes, strides, weights that start off alignment.
    struct Case {
      let m: Int, n: Int, k: Int, type: sk_dtype, transposed: Bool
      private(set) var x: [Float]
      let xStride: Int
      let weight: [UInt8], weightStride: Int, offset: Int
      /// The stored weight, in f32.
      let exact: [Float]
      let bias: [Float]

      init(m: Int, n: Int, k: Int, type: sk_dtype, transposed: Bool) {
        var numbers = TestNumbers(UInt64(m * 7919 + n * 104729 + k))
        (self.m, self.n, self.k, self.type, self.transposed) = (m, n, k, type, transposed)
        xStride = k + 3
        weightStride = (transposed ? n : k) + 1
        let count = (transposed ? k : n) * weightStride
        x = numbers.array(m * xStride)
        bias = numbers.array(n)
        let width = type == SK_F32 ? 4 : 2
        let start = type == SK_F32 ? 0 : 2
        offset = start
        var stored = [UInt8](repeating: 0, count: count * width + start)
        var exact = [Float](repeating: 0, count: count)
        let drawn = numbers.array(count)
        stored.withUnsafeMutableBytes { bytes in
          sk_from_f32(bytes.baseAddress! + start, type, drawn, Int64(count))
          sk_to_f32(&exact, bytes.baseAddress! + start, type, Int64(count))
        }
        weight = stored
        self.exact = exact
      }

      /// Rows `rows` of the product, computed together.
      func product(rows: Range<Int>, by multiply: Multiplication = sk_linear) -> [Float] {
        var out = [Float](repeating: .nan, count: rows.count * n)
        x.withUnsafeBufferPointer { x in
          weight.withUnsafeBytes { w in
            let x = x.baseAddress! + rows.lowerBound * xStride
            let w = w.baseAddress! + offset
            if transposed {
              sk_matmul(
                &out, Int64(n), x, Int64(xStride), w, Int64(weightStride), type, Int64(rows.count), Int64(n), Int64(k))
            } else {
              multiply(
                &out, Int64(n), x, Int64(xStride), w, Int64(weightStride), type, bias, SK_F32, Int64(rows.count),
                Int64(n), Int64(k))
            }
          }
        }
        return out
      }

      typealias Multiplication = (
        UnsafeMutablePointer<Float>?, Int64, UnsafePointer<Float>?, Int64, UnsafeRawPointer?, Int64, sk_dtype,
        UnsafeRawPointer?, sk_dtype, Int64, Int64, Int64
      ) -> Void

      /// The same with activations rounded to bf16.
      var withRoundedRows: Case {
        var other = self
        var halves = [UInt16](repeating: 0, count: x.count)
        sk_from_f32(&halves, SK_BF16, x, Int64(x.count))
        sk_to_f32(&other.x, halves, SK_BF16, Int64(x.count))
        return other
      }

      /// The largest error against a sum in double precision, relative to the sum of the magnitudes.
      func error(_ out: [Float]) -> Double {
        var worst = 0.0
        for i in 0..<m {
          for j in 0..<n {
            var sum = transposed ? 0 : Double(bias[j])
            var scale = abs(sum) + 1e-30
            for l in 0..<k {
              let product =
                Double(x[i * xStride + l]) * Double(exact[transposed ? l * weightStride + j : j * weightStride + l])
              sum += product
              scale += abs(product)
            }
            worst = max(worst, abs(Double(out[i * n + j]) - sum) / scale)
          }
        }
        return worst
      }
    }

    static let cases: [Case] = {
      var cases: [Case] = []
      for type in types {
        for transposed in [false, true] {
          for (m, n, k) in [
            (1, 1, 1), (1, 33, 16), (2, 7, 5), (3, 64, 96), (5, 31, 255), (7, 32, 256), (13, 129, 257), (1, 100, 1030),
            (40, 65, 511), (130, 40, 70), (6, 16, 2100), (2, 40, 3000), (3, 70, 2048),
          ] {
            cases.append(Case(m: m, n: n, k: k, type: type, transposed: transposed))
          }
        }
      }
      return cases
    }()

    /// f32 accumulation in blocks of 256: the error of a sum stays below 256 roundings of it.
    @Test func everyLevelEqualsDoublePrecision() {
      atEveryLevel { level in
        for c in Self.cases {
          let error = c.error(c.product(rows: 0..<c.m))
          #expect(error < 3e-6, "level \(level), \(c.m)×\(c.n)×\(c.k), type \(c.type)")
        }
      }
    }

    @Test func aRowOfABatchEqualsTheRowAlone() {
      atEveryLevel { level in
        for c in Self.cases {
          let whole = c.product(rows: 0..<c.m)
          for row in stride(from: 0, to: c.m, by: 3) {
            let alone = c.product(rows: row..<row + 1)
            #expect(
              alone.map(\.bitPattern) == whole[row * c.n..<(row + 1) * c.n].map(\.bitPattern),
              "level \(level), row \(row) of \(c.m)×\(c.n)×\(c.k), type \(c.type)")
          }
        }
      }
    }

    @Test func threadsDoNotChangeABit() {
      let threads = sk_threads()
      defer { sk_set_threads(threads) }
      atEveryLevel { _ in
        for c in Self.cases {
          let products = [Int32(1), 3, 5].map { count in
            sk_set_threads(count)
            return c.product(rows: 0..<c.m).map(\.bitPattern)
          }
          #expect(products[0] == products[1] && products[0] == products[2])
        }
      }
    }

    /// Levels 3 and 4 promise the same bits, so a script gives the same numbers on both kinds of machine.
    @Test(.enabled(if: sk_best_level() >= SK_AVX512)) func avx2AndAvx512Agree() {
      defer { sk_force_level(sk_best_level()) }
      for c in Self.cases {
        sk_force_level(Int32(SK_AVX2))
        let narrow = c.product(rows: 0..<c.m)
        sk_force_level(Int32(SK_AVX512))
        #expect(narrow.map(\.bitPattern) == c.product(rows: 0..<c.m).map(\.bitPattern))
      }
    }

    /// Where a processor multiplies pairs of bf16 this is its own kernel; elsewhere the rounding alone.
    @Test func aRoundedProductIsThatOfRoundedNumbers() {
      atEveryLevel { level in
        for c in Self.cases where !c.transposed {
          let rounded = c.product(rows: 0..<c.m, by: sk_linear_bf16)
          // f32 and f16 weights keep their numbers as they are.
          guard c.type == SK_BF16 else {
            #expect(rounded.map(\.bitPattern) == c.product(rows: 0..<c.m).map(\.bitPattern))
            continue
          }
          let name = "level \(level), \(c.m)×\(c.n)×\(c.k)"
          #expect(c.withRoundedRows.error(rounded) < 3e-6, "\(name)")
          #expect(c.error(rounded) <= 0x1p-9 + 3e-6, "\(name)")
          for row in stride(from: 0, to: c.m, by: 3) {
            let alone = c.product(rows: row..<row + 1, by: sk_linear_bf16)
            #expect(alone.map(\.bitPattern) == rounded[row * c.n..<(row + 1) * c.n].map(\.bitPattern), "\(name)")
          }
        }
      }
    }

    @Test func anEmptyInnerDimensionGivesTheBias() {
      var out: [Float] = [9, 9]
      sk_linear(&out, 2, [0], 0, [Float](), 0, SK_F32, [Float(3), 4], SK_F32, 1, 2, 0)
      #expect(out == [3, 4])
    }
  }
}
