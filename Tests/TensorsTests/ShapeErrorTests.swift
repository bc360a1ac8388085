import Testing

@testable import Tensors

/// Every misuse ends in an error that names the axes and the way out.
struct ShapeErrorTests {
  static let a = Tensor([Axis("token", 2), Axis("model", 3)], [1, 2, 3, 4, 5, 6])
  static let one = Tensor([Axis("token", 1)], [1])
  static let words = Tensor([Axis("model", 4)], [1, 2, 3, 4])

  static let cases: [(String, @Sendable () throws -> Any)] = [
    (
      "add: axis model has 3 on the left, [token: 2, model: 3], and 4 on the right, [model: 4]; rename one of them, or "
        + "select the same positions", { try a + words }
    ),
    (
      "multiply: axis token has 2 on the left, [token: 2, model: 3], and 1 on the right, [token: 1]; axes match by name "
        + "and a size of 1 does not stretch: drop it with squeeze(\"token\")", { try a * one }
    ),
    (
      "sum: there is no axis head in [token: 2, model: 3]; its axes are token, model", { try a.sum(over: ["head"]) }
    ),
    ("mean: axis token would appear twice; rename one of them", { try a.mean(over: ["token", "token"]) }),
    (
      "contract: [token: 2, model: 3] and [head: 1] share no axis; rename an axis so that the two to be summed over agree",
      { try a.contract(Tensor([Axis("head", 1)], [1])) }
    ),
    (
      "contract: [token: 2, model: 3] and [token: 2, model: 3] share the axes token, model; say which one to sum over, as "
        + "in over: token", { try a.contract(a) }
    ),
    (
      "select: there is no position 5 on axis model; positions go from 0 to 2, or -1 to -3 from the end",
      { try a.select("model", .index(5)) }
    ),
    (
      "select: there is no position -4 on axis model; positions go from 0 to 2, or -1 to -3 from the end",
      { try a.select("model", .list([0, -4])) }
    ),
    ("select: length of a mask for axis model: expected 3, found 1", { try a.select("model", .mask([true])) }),
    ("select: a step of 0; expected 1 or more", { try a.select("model", .range(from: 0, to: 2, by: 0)) }),
    ("values for [n: 2]: expected 2, found 1", { try Tensor.of([Float(1)], [Axis("n", 2)]) }),
    ("shape: axis n would appear twice; rename one of them", { try Tensor.zeros([Axis("n", 2), Axis("n", 2)]) }),
    (
      "a tensor cannot be [n: -1]: its sizes are negative or too large for the memory",
      { try Tensor.zeros([Axis("n", -1)]) }
    ),
    (
      "a tensor cannot be [n: 9223372036854775807, m: 3]: its sizes are negative or too large for the memory",
      { try Tensor.zeros([Axis("n", .max), Axis("m", 3)]) }
    ),
    (
      "reshape [token: 2, model: 3] to [n: 5]: number of elements: expected 6, found 5",
      { try a.reshape([Axis("n", 5)]) }
    ),
    (
      "split model into [a: 2, b: 2]: their product: expected 3, found 4",
      { try a.split("model", into: [Axis("a", 2), Axis("b", 2)]) }
    ),
    ("squeeze: size of axis model: expected 1, found 3", { try a.squeeze("model") }),
    ("rename: axis token would appear twice; rename one of them", { try a.rename("model", to: "token") }),
    ("take: expected i64 elements, found f32", { try a.take(words, along: "model") }),
    (
      "take: there is no position 3 on axis model; positions go from 0 to 2, or -1 to -3 from the end",
      { try a.take(Tensor(3), along: "model") }
    ),
    (
      "maximum: [n: 0] has no elements to choose from", { try Tensor.zeros([Axis("n", 0)]).maximum() }
    ),
    ("argmax: [n: 0] has no elements to choose from", { try Tensor.zeros([Axis("n", 0)]).argmax(over: "n") }),
    ("top: 4 elements; expected 0 to 3, the size of model", { try a.top(4, over: "model") }),
    (
      "oneHot: there is no position 7 on axis vocab; positions go from 0 to 3, or -1 to -4 from the end",
      { try Tensor(7).oneHot(Axis("vocab", 4)) }
    ),
    ("concat: no tensors; expected one or more", { try Tensor.concat([], along: "n") }),
    (
      "add: an integer result does not fit 64 bits; expected smaller integers, or floats",
      { try Tensor(Int.max) + Tensor(1) }
    ),
    ("clamp: bounds 2.0 and 1.0; expected the lower one first", { try a.clamp(from: 2, to: 1) }),
    (
      "solve: expected as many token as model, found [token: 2, model: 3]",
      { try a.solve(a, rows: "token", columns: "model") }
    ),
    (
      "solve: the matrix is singular; lstsq gives the shortest of the best solutions",
      { try Tensor.ones([Axis("r", 2), Axis("c", 2)]).solve(Tensor.ones([Axis("r", 2)]), rows: "r", columns: "c") }
    ),
    (
      "svd: the matrix holds nan at r 0, c 1",
      { try Tensor([Axis("r", 1), Axis("c", 2)], [0, .nan]).svd(rows: "r", columns: "c") }
    ),
    (
      "svd: expected a matrix [token, model]; select one position of each other axis first, found [head: 1, token: 2, model: 3]",
      { try a.expand(Axis("head", 1)).svd(rows: "token", columns: "model") }
    ),
    (
      "integers: the empty range 3..<3; expected at least one integer",
      { try RandomKey(seed: 1).integers([], in: 3..<3) }
    ),
    ("choice: 3 of 2; expected no more than there are", { try RandomKey(seed: 1).choice(of: 2, Axis("n", 3)) }),
    ("rmsNorm: expected [model: 3], found [model: 4]", { try a.rmsNorm(over: "model", weight: words) }),
    (
      "solveTriangular: the matrix is singular: it has a 0 on its diagonal",
      {
        try Tensor([Axis("r", 2), Axis("c", 2)], [1, 2, 3, 0])
          .solveTriangular(Tensor.ones([Axis("r", 2)]), rows: "r", columns: "c", upper: true)
      }
    ),
    (
      "pca: 4 components; expected 0 to 2 for [token: 2, model: 3]",
      { try a.principalComponents(over: "token", count: 4) }
    ),
  ]

  @Test(arguments: cases.indices) func saysWhatIsWrong(index: Int) {
    let (expected, body) = Self.cases[index]
    do {
      let found = try body()
      Issue.record("no error, but \(found); expected: \(expected)")
    } catch {
      #expect("\(error)" == expected)
    }
  }
}
