import Kernels
import Tensors
import Testing

extension GlobalState {
  /// Weights in blocks against the f32 copies that they unpack to: every product has the copy's bits.
  @Suite struct BlockTests {
    static let types: [sk_dtype] = [
      SK_Q4_0, SK_Q4_1, SK_Q5_0, SK_Q5_1, SK_Q8_0, SK_Q2_K, SK_Q3_K, SK_Q4_K, SK_Q5_K, SK_Q6_K,
    ]

    /// Where a block keeps its f16 numbers; any other bytes are as good as any.
    private static func places(_ type: sk_dtype) -> [Int] {
      switch type {
      case SK_Q4_0, SK_Q5_0, SK_Q8_0: [0]
      case SK_Q2_K: [80, 82]
      case SK_Q3_K: [108]
      case SK_Q6_K: [208]
      default: [0, 2]
      }
    }

    private static func blocks(_ type: sk_dtype, count: Int, _ numbers: inout TestNumbers) -> [UInt8] {
      let size = Int(sk_block_bytes(type))
      var bytes = numbers.array(count * size).map { UInt8(truncatingIfNeeded: Int($0 * 100_000)) }
      let scales = numbers.array(count * 2)
      for block in 0..<count {
        for (index, place) in places(type).enumerated() {
          let bits = Float16(scales[2 * block + index] * 0.01).bitPattern
          bytes[block * size + place] = UInt8(truncatingIfNeeded: bits)
          bytes[block * size + place + 1] = UInt8(bits >> 8)
        }
      }
      return bytes
    }

    struct Case {
      let m: Int, n: Int, k: Int, type: sk_dtype, transposed: Bool
      let x: [Float], bias: [Float]
      let weight: [UInt8]

      init(m: Int, n: Int, k: Int, type: sk_dtype, transposed: Bool) {
        var numbers = TestNumbers(UInt64(m * 7919 + n * 104729 + k))
        (self.m, self.n, self.k, self.type, self.transposed) = (m, n, k, type, transposed)
        x = numbers.array(m * k)
        bias = numbers.array(n)
        weight = BlockTests.blocks(type, count: n * k / Int(sk_block_count(type)), &numbers)
      }

      var copy: [Float] {
        var copy = [Float](repeating: 0, count: n * k)
        sk_to_f32(&copy, weight, type, Int64(n * k))
        return copy
      }

      func product(rows: Range<Int>, _ weight: UnsafeRawPointer, _ type: sk_dtype) -> [UInt32] {
        var out = [Float](repeating: .nan, count: rows.count * n)
        let (m, n, k) = (Int64(rows.count), Int64(n), Int64(k))
        x.withUnsafeBufferPointer { x in
          let x = x.baseAddress! + rows.lowerBound * self.k
          if transposed {
            sk_matmul(&out, n, x, k, weight, n, type, m, n, k)
          } else {
            sk_linear(&out, n, x, k, weight, k, type, bias, SK_F32, m, n, k)
          }
        }
        return out.map(\.bitPattern)
      }
    }

    static let cases: [Case] = types.flatMap { type in
      let block = Int(sk_block_count(type))
      return [false, true].flatMap { transposed in
        [(1, 1, 1), (1, 64, 3), (1, 37, 5), (3, 33, 9), (7, 64, 1), (130, 40, 4), (2, 96, 11)].map { m, n, k in
          transposed
            ? Case(m: m, n: (n + 63) / 64 * block, k: 8 * k + 3, type: type, transposed: true)
            : Case(m: m, n: n, k: k * block, type: type, transposed: false)
        }
      }
    }

    @Test func productsAreThoseOfTheCopy() {
      atEveryLevel { level in
        for c in Self.cases {
          let expected = c.product(rows: 0..<c.m, c.copy, SK_F32)
          let found = c.weight.withUnsafeBytes { c.product(rows: 0..<c.m, $0.baseAddress!, c.type) }
          let isSame = found == expected
          #expect(isSame, "level \(level), \(c.m)×\(c.n)×\(c.k), type \(c.type), \(c.transposed)")
        }
      }
    }

    @Test func aRowOfABatchEqualsTheRowAlone() {
      atEveryLevel { level in
        for c in Self.cases where c.m > 1 {
          c.weight.withUnsafeBytes { weight in
            let whole = c.product(rows: 0..<c.m, weight.baseAddress!, c.type)
            for row in stride(from: 0, to: c.m, by: 17) {
              let alone = c.product(rows: row..<row + 1, weight.baseAddress!, c.type)
              #expect(
                alone == Array(whole[row * c.n..<(row + 1) * c.n]),
                "level \(level), row \(row) of \(c.m)×\(c.n)×\(c.k), type \(c.type), \(c.transposed)")
            }
          }
        }
      }
    }

    @Test func threadsDoNotChangeABit() {
      let threads = sk_threads()
      defer { sk_set_threads(threads) }
      for type in Self.types {
        for (m, transposed) in [(1, false), (9, false), (9, true)] {
          let c = Case(m: m, n: 512, k: 512, type: type, transposed: transposed)
          c.weight.withUnsafeBytes { weight in
            let results = [1, 2, 3, 5].map { count in
              sk_set_threads(Int32(count))
              return c.product(rows: 0..<m, weight.baseAddress!, type)
            }
            #expect(results.allSatisfy { $0 == results[0] }, "type \(type), \(m) rows")
          }
        }
      }
    }

    /// Unpacking has no fused multiply-add at any level.
    @Test func everyLevelUnpacksTheSameNumbers() {
      for type in Self.types {
        let c = Case(m: 1, n: 4, k: 512, type: type, transposed: false)
        var copies: [[UInt32]] = []
        atEveryLevel { _ in copies.append(c.copy.map(\.bitPattern)) }
        #expect(copies.allSatisfy { $0 == copies[0] }, "type \(type)")
      }
    }

    @Test func aTensorInBlocksKnowsItsBytes() {
      for type in BlockType.allCases {
        let dtype = DType.blocks(type)
        #expect(dtype.byteCount(of: 4 * type.count) == 4 * type.byteCount && dtype.rawValue == type.rawValue)
        // The type's name is no plain type's.
        #expect(DType(rawValue: type.rawValue) == nil)
        let zeros = Storage(byteCount: 3 * type.byteCount)
        UnsafeMutableRawBufferPointer(start: zeros.pointer, count: zeros.byteCount).initializeMemory(
          as: UInt8.self, repeating: 0)
        let tensor = Tensor(shape: Shape([Axis("row", 3), Axis("column", type.count)]), dtype: dtype, storage: zeros)
        #expect(tensor.unpacked.floats().allSatisfy { $0 == 0 })
        #expect("\(tensor)".contains(type.rawValue))
      }
    }
  }
}
