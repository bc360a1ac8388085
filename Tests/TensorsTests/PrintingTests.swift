import Testing

@testable import Tensors

struct PrintingTests {
  struct Words: AxisLabels {
    let words: [String]
    func selecting(_ indices: [Int]) -> any AxisLabels { Words(words: indices.map { words[$0] }) }
    func label(at index: Int) -> String { words[index] }
  }

  static let grid = Tensor([Axis("token", 2), Axis("model", 3)], [1, -2.5, 3.25, 0, 10, .nan])

  @Test func aMatrix() {
    #expect(
      Self.grid.description == """
        tensor [token: 2, model: 3] f32  min -2.5  mean 2.35  max 10  nan 1
          1.00  -2.50  3.25
          0.00  10.00   nan
        """)
  }

  @Test func labelsFollowTheirAxis() throws {
    let labels = Words(words: ["the", "red\nstar", "is"])
    let t = try Tensor.arange(Axis("n", 6)).split("n", into: [Axis("token", 3, labels: labels), Axis("model", 2)])
    #expect(
      try t.select("token", .list([2, 1])).description == """
        tensor [token: 2, model: 2] i64  min 2  mean 3.5  max 5  nan 0
              is  4  5
        red⏎star  2  3
        """)
    #expect(try (t + t).exp().axes[0].labels?.label(at: 0) == "the")
    #expect(
      try t.reorder(["model"]).description == """
        tensor [model: 2, token: 3] i64  min 0  mean 2.5  max 5  nan 0
          the  red⏎star  is
            0         2   4
            1         3   5
        """)
    #expect(
      try t.sum(over: ["model"]).description == """
        tensor [token: 3] i64  min 1  mean 5  max 9  nan 0
             the  1
        red⏎star  5
              is  9
        """)
  }

  @Test func longAxesAreCutToTheWidth() throws {
    let t = try Tensor.arange(Axis("n", 3000)).split("n", into: [Axis("token", 30), Axis("model", 100)]).to(.f32)
    #expect(
      t.text(width: 40) == """
        tensor [token: 30, model: 100] f32  min 0  mean 1500  max 2999  nan 0
             0.0     1.0  …    98.0    99.0
           100.0   101.0  …   198.0   199.0
           200.0   201.0  …   298.0   299.0
               …       …  …       …       …
          2700.0  2701.0  …  2798.0  2799.0
          2800.0  2801.0  …  2898.0  2899.0
          2900.0  2901.0  …  2998.0  2999.0
        """)
    for width in [20, 33, 57, 80, 120] {
      for line in t.text(width: width).split(separator: "\n").dropFirst() { #expect(line.count <= width) }
    }
  }

  @Test func outerAxesTitleTheirTables() throws {
    let t = try Tensor.arange(Axis("n", 24)).split("n", into: [Axis("layer", 6), Axis("head", 2), Axis("key", 2)])
    #expect(
      t.description == """
        tensor [layer: 6, head: 2, key: 2] i64  min 0  mean 11.5  max 23  nan 0
        layer 0
          0  1
          2  3
        layer 1
          4  5
          6  7
        …
        layer 5
          20  21
          22  23
        """)
  }

  @Test func smallThings() throws {
    #expect(Tensor(2.5).description == "tensor [] f32  2.5")
    #expect(Tensor(7).description == "tensor [] i64  7")
    #expect(Tensor(true).description == "tensor [] bool  true 1 of 1")
    #expect(
      try Tensor.zeros([Axis("token", 0), Axis("model", 3)]).description == "tensor [token: 0, model: 3] f32  empty")
    #expect(
      try Tensor.of([true, false], [Axis("n", 2)]).description == """
        tensor [n: 2] bool  true 1 of 2
           true  false
        """)
    #expect(
      Tensor([Axis("n", 3)], [1e-9, 2.5e6, -.infinity]).description == """
        tensor [n: 3] f32  min -inf  mean -inf  max 2.5e+06  nan 0  inf 1
          1.0000e-09  2.5000e+06        -inf
        """)
    #expect(
      Tensor([Axis("n", 2)], [.nan, .nan]).description == """
        tensor [n: 2] f32  min nan  mean nan  max nan  nan 2
          nan  nan
        """)
  }

  @Test func aVectorWrapsOverLines() throws {
    let lines = try Tensor.arange(Axis("n", 60)).text(width: 60).split(separator: "\n")
    #expect(lines.count == 1 + 5 && lines[1].hasPrefix("   0   1   2") && lines[5].hasSuffix("59"))
    let long = try Tensor.arange(Axis("n", 5000)).text(width: 60).split(separator: "\n")
    #expect(long.count == 2 && long[1].contains("…") && long[1].hasSuffix("4999") && long[1].count <= 60)
  }
}
