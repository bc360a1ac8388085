import Kernels
import Testing

@testable import Tensors

extension GlobalState {
  /// What must hold of any tensors, at odd sizes and empty axes.
  @Suite struct LawTests {
    static let key = RandomKey(seed: 5)
    static let sizes = [(0, 3), (1, 1), (3, 0), (5, 7), (33, 17), (64, 129)]

    static func draw(_ name: String, _ axes: (String, Int)...) throws -> Tensor {
      try key.fold(name).normal(axes.map { Axis($0.0, $0.1) })
    }

    /// Everything that runs on the pool, for comparing thread counts.
    static func everything(_ m: Int, _ n: Int) throws -> [[UInt32]] {
      let (a, b) = (try draw("a", ("row", m), ("column", n)), try draw("b", ("column", n), ("other", 300)))
      return try [
        a.contract(b), a.sum(over: ["row"]), a.sum(), a.mean(over: ["column"]), a.softmax(over: "row"), a.exp(), a + a,
        a.reorder(["column"]), a.standardDeviation(), a.cumulativeSum(over: "row"), a.to(.bf16).to(.f32), b.norm(),
        a * b,
      ].map(\.bits)
    }

    @Test func threadsDoNotChangeABit() throws {
      let threads = sk_threads()
      defer { sk_set_threads(threads) }
      for (m, n) in Self.sizes {
        sk_set_threads(1)
        let one = try Self.everything(m, n)
        sk_set_threads(4)
        #expect(try Self.everything(m, n) == one, "\(m) × \(n)")
      }
    }

    @Test func rowsOfABatchEqualTheRowsAlone() throws {
      let (x, w) = (try Self.draw("x", ("token", 37), ("model", 301)), try Self.draw("w", ("out", 45), ("model", 301)))
      for weight in [w, w.to(.bf16), w.to(.f16)] {
        let whole = try x.contract(weight)
        for row in [0, 1, 17, 36] {
          let alone = try x.select("token", .index(row)).contract(weight)
          #expect(try alone.bits == whole.select("token", .index(row)).bits)
        }
      }
    }

    @Test func arithmeticObeysItsLaws() throws {
      for (m, n) in Self.sizes {
        let (a, b) = (try Self.draw("a", ("row", m), ("column", n)), try Self.draw("b", ("row", m), ("column", n)))
        #expect(try (a + b).bits == (b + a).bits)
        #expect(try (a - a).floats().allSatisfy { $0 == 0 })
        #expect(try (a * b).bits == (b.reorder(["column"]) * a).reorder(["row"]).bits)
        #expect(try a.reorder(["column"]).reorder(["row"]).bits == a.bits)
        #expect(try a.merge(["row", "column"], into: "all").split("all", into: a.axes).bits == a.bits)
        #expect(try Tensor.concat([a, b], along: "row").select("row", .range(m..<2 * m)).bits == b.bits)
        #expect(try Tensor.stack([a, b], into: "pair").select("pair", .index(1)).bits == b.bits)
      }
    }

    @Test func broadcastingKeepsTheLeftOrder() throws {
      let (a, b) = (try Self.draw("a", ("token", 2), ("model", 3)), try Self.draw("b", ("model", 3), ("layer", 4)))
      #expect(try (a + b).shape.names == ["token", "model", "layer"])
      #expect(try (b + a).shape.names == ["model", "layer", "token"])
      #expect(try a.contract(b).shape.names == ["token", "layer"])
    }

    @Test func factorsMultiplyBack() throws {
      for (m, n) in [(1, 1), (6, 4), (4, 6), (9, 9)] {
        let a = try Self.draw("a", ("row", m), ("column", n))
        let (u, s, v) = try a.svd(rows: "row", columns: "column")
        let again = try (u * s).contract(v, over: ["component"])
        #expect(distance(again, a) < 2e-6)
        #expect(try u.orthonormalityError(over: "row") < 1e-6 && v.orthonormalityError(over: "column") < 1e-6)
        let (q, r) = try a.qr(rows: "row", columns: "column")
        #expect(distance(try q.contract(r), a) < 2e-6)
        #expect(try r.diagonal("component", "column", into: "d").floats().allSatisfy { $0 >= 0 })
      }
      let square = try Self.draw("s", ("row", 7), ("column", 7))
      let symmetric = try square + square.rename("row", to: "x").rename("column", to: "row").rename("x", to: "column")
      let (values, vectors) = try symmetric.eigh(rows: "row", columns: "column")
      let again = try vectors.rename("column", to: "row").multiplying(values).contract(vectors, over: ["component"])
      #expect(distance(again, symmetric) < 5e-6)
    }

    @Test func integersStayIntegers() throws {
      let a = try Tensor.of([3, -7, 1 << 40], [Axis("n", 3)])
      #expect(try (a + Tensor(1)).integers() == [4, -6, (1 << 40) + 1])
      #expect(try (a * a.sign()).integers() == [3, 7, 1 << 40])
      #expect(try a.sum().integers() == [(1 << 40) - 4])
      #expect(try (a / Tensor(2)).dtype == .f32)
      #expect(try a.select("n", .index(2)).integers() == [1 << 40])
      #expect(try a.greater(Tensor(0)).choose(a, else: Tensor(0)).integers() == [3, 0, 1 << 40])
    }

    @Test func nonFiniteNumbersAreFound() throws {
      let a = try Tensor.of([1, .nan, 3, -.infinity, 5, 6], [Axis("token", 2), Axis("model", 3)])
      #expect(try a.countNonFinite().integers() == [2])
      #expect(try a.countNonFinite(over: ["model"]).integers() == [1, 1])
      #expect(a.firstNonFinite() == [0, 1])
      #expect(
        try a.isNaN().choose(Tensor(0), else: a).isInfinite().choose(Tensor(0), else: Tensor(1)).sum().item() == 5)
      #expect(try a.maximum().item().isNaN && a.minimum(over: ["model"]).isNaN().booleans() == [true, false])
    }
  }
}
