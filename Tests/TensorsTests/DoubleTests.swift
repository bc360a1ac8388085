import Kernels
import Testing

@testable import Tensors

/// What computes in f64: everything but the kernels of models.
struct DoubleTests {
  typealias Operation = OperationTests.Operation

  /// Operations that derivatives are written with, compared in f64 alone.
  static let derivatives: [String: Operation] = [
    "triangular": { t in
      func solution(_ b: Tensor, upper: Bool) throws -> Tensor {
        try t[0].solveTriangular(b, rows: "row", columns: "column", upper: upper)
      }
      return [
        try solution(t[1], upper: true), try solution(t[1], upper: false),
        try solution(t[1].select("sample", .index(0)), upper: true),
      ]
    },
    "scattered": { t in
      let zeros = try Tensor.zeros([Axis("layer", 4), Axis("head", 6), Axis("token", 5)])
      return [try zeros.add(t[0], at: t[1], along: "head"), try zeros.add(t[2], at: t[3], along: "head")]
    },
    "random": { _ in
      let key = RandomKey(seed: 0x0123_4567_89AB_CDEF)
      return [try key.uniform([Axis("n", 32)], dtype: .f64), try key.normal([Axis("n", 32)], dtype: .f64)]
    },
  ]

  static let all = OperationTests.all.filter { OperationTests.kernels[$0.key] == nil && $0.key != "oneHot" }
    .merging(derivatives) { _, own in own }

  @Test func everyCaseHasItsOperation() {
    #expect(Set(Case.doubles.keys) == Set(Self.all.keys))
  }

  /// Answers are given to 15 digits; linear algebra loses a few more to the conditioning of its random matrices.
  @Test(arguments: Self.all.keys.sorted()) func equalsTheReference(name: String) throws {
    guard let operation = Self.all[name], let stored = Case.doubles[name] else { return }
    let found = try operation(stored.inputs)
    #expect(found.count == stored.outputs.count)
    let tolerance = OperationTests.matrices[name] != nil || name == "triangular" ? 1e-12 : 1e-14
    for (i, (a, b)) in zip(found, stored.outputs).enumerated() {
      #expect(distance(a, b) <= tolerance, "\(name), result \(i): \(distance(a, b)), \(a.shape) against \(b.shape)")
    }
  }

  /// The same inputs give in f32 what they give in f64, up to the rounding of f32 and of its functions.
  @Test(arguments: Self.all.keys.sorted()) func agreesWithSinglePrecision(name: String) throws {
    guard name != "random", let operation = Self.all[name], let stored = Case.all[name] ?? Case.doubles[name] else {
      return
    }
    let single = try operation(stored.inputs.map { $0.dtype == .f64 ? $0.to(.f32) : $0 })
    let double = try operation(stored.inputs.map { $0.dtype == .f64 ? $0 : $0.dtype == .f32 ? $0.to(.f64) : $0 })
    for (a, b) in zip(single, double) {
      #expect(b.dtype == (a.dtype == .f32 ? .f64 : a.dtype), "\(name)")
      #expect(distance(a.dtype == .f32 ? a.to(.f64) : a, b) <= 1e-5, "\(name)")
    }
  }

  /// One f64 operand, wherever it stands, makes the whole computation f64.
  @Test func oneDoubleMakesAllDouble() throws {
    let key = RandomKey(seed: 3)
    let x = try key.normal([Axis("token", 4), Axis("model", 4)])
    let y = try key.fold(1).uniform([Axis("model", 4)], from: 0.5)
    let positive = x.abs()
    let operations: [(String, (Tensor, Tensor) throws -> Tensor)] = [
      ("add", { try $0 + $1 }), ("subtract", { try $0 - $1 }), ("multiply", { try $0 * $1 }),
      ("divide", { try $0 / $1 }),
      ("minimum", { try $0.minimum($1) }), ("maximum", { try $0.maximum($1) }),
      ("remainder", { try $0.remainder($1) }), ("power", { try $0.abs().power($1) }),
      ("square", { try $0.power($1.select("model", .index(0)).multiplying(Tensor(0)).adding(Tensor(2))) }),
      ("choose", { try $0.greater(Tensor(0)).choose($0, else: $1) }), ("contract", { try $0.contract($1) }),
      ("einsum", { try Tensor.einsum([positive, $0, $1], to: ["token"]) }),
      ("cosine", { try $0.cosineSimilarity($1, over: "model") }),
      ("put", { try $0.put($1, at: .list([0, 2]), along: "token") }),
      ("add at", { try $0.add($1, at: .index(1), along: "token") }),
      ("concat", { try Tensor.concat([$0, $1.expand(Axis("token", 1))], along: "token") }),
      ("rmsNorm", { try $0.rmsNorm(over: "model", weight: $1) }),
      ("layerNorm", { try $0.layerNorm(over: "model", bias: $1) }),
      ("solve", { try $0.solve($1.rename("model", to: "token"), rows: "token", columns: "model") }),
      ("lstsq", { try $0.lstsq($1.rename("model", to: "token"), rows: "token", columns: "model").x }),
    ]
    for (name, operation) in operations {
      let wide = try operation(x.to(.f64), y.to(.f64))
      #expect(try operation(x, y).dtype == .f32 && wide.dtype == .f64, "\(name)")
      for mixed in [try operation(x, y.to(.f64)), try operation(x.to(.f64), y)] {
        #expect(distance(mixed, wide) <= 1e-15, "\(name)")
      }
    }
    #expect(try (Tensor(3) + Tensor(double: 0.1)).number() == 3.1)
    #expect(try Tensor(double: 0.1).less(Tensor(Float(0.1))).booleans() == [true])
  }

  @Test func conversionsRoundOnce() throws {
    // Just above the middle of two bf16 numbers, by less than f32 tells.
    let middle = Tensor(double: 1 + 0x1p-8 + 0x1p-40)
    #expect(try middle.to(.f32).to(.bf16).item() == 1 && middle.to(.bf16).item() == 1 + 0x1p-7)
    #expect(try Tensor(double: -(1 + 0x1p-11 + 0x1p-40)).to(.f16).item() == -(1 + 0x1p-10))
    let odd: [Double] = [0, -0.0, 1e-300, -1e300, .infinity, .nan, 65504, 65520, 5.9e-8, 0.1, -2.5]
    let tensor = try Tensor.of(doubles: odd, [Axis("n", odd.count)])
    let halves = tensor.to(.f16).doubles()
    for (found, value) in zip(halves, odd) { #expect(found == Double(Float16(value)) || found.isNaN && value.isNaN) }
    #expect(zip(tensor.floats(), odd).allSatisfy { $0.bitPattern == Float($1).bitPattern })
    let large = try Tensor.of(doubles: [0.1, 1e300, -1e300, .nan, -2.5, 0x1p53 + 2], [Axis("n", 6)])
    #expect(try large.to(.i64).integers() == [0, .max, .min, 0, -2, (1 << 53) + 2])
    #expect(try large.to(.bool).booleans() == [true, true, true, true, true, true])
    #expect(try Tensor.of([(1 << 53) - 1, -3], [Axis("n", 2)]).to(.f64).doubles() == [0x1p53 - 1, -3])
    #expect(try Tensor.of([true, false], [Axis("n", 2)]).to(.f64).doubles() == [1, 0])
    for dtype in DType.plain { #expect(try Tensor.ones([Axis("n", 2)], dtype: dtype).to(.f64).doubles() == [1, 1]) }
    #expect(try Tensor.full(0.1, [Axis("n", 2)], dtype: .f64).doubles() == [0.1, 0.1])
    #expect(try Tensor.zeros([Axis("n", 0)], dtype: .f64).dtype == .f64)
  }

  @Test func whatIsNotANumberIsFound() throws {
    let a = try Tensor.of(doubles: [1, .nan, 1e300, -.infinity], [Axis("n", 4)])
    #expect(try a.countNonFinite().integers() == [2] && a.firstNonFinite() == [1])
    #expect(try a.isNaN().booleans() == [false, true, false, false] && a.isFinite().booleans()[2])
    #expect(try a.maximum().number().isNaN && a.argmax(over: "n").integers() == [1])
    #expect(try a.sorted(over: "n").doubles()[..<3] == [-.infinity, 1, 1e300])
    #expect(try a.minimum(Tensor(double: .nan)).isNaN().all().booleans() == [true])
    #expect(try Tensor.full(-.infinity, [Axis("n", 2)], dtype: .f64).softmax(over: "n").doubles() == [0, 0])
  }

  @Test func printsItsDigits() throws {
    #expect(Tensor(double: 0.1 + 0.2).description == "tensor [] f64  0.30000000000000004")
    #expect(
      try Tensor.of(doubles: [1e-300, 2.5, -1e300], [Axis("n", 3)]).description == """
        tensor [n: 3] f64  min -1e+300  mean -3.333e+299  max 2.5  nan 0
           1.0000e-300    2.5000e+00  -1.0000e+300
        """)
  }

  @Test func drawsFillTheDigits() throws {
    let key = RandomKey(seed: 42), n = Axis("n", 100_000)
    let (u, z) = (
      try key.uniform([n], from: -1, to: 3, dtype: .f64), try key.normal([n], mean: 2, deviation: 3, dtype: .f64)
    )
    // Five standard errors.
    #expect(try abs(u.mean().number() - 1) < 5 * 1.1547 / 316 && abs(z.mean().number() - 2) < 5 * 3 / 316)
    #expect(try abs(z.variance().number() - 9) < 5 * 9 * 1.4142 / 316)
    #expect(try u.minimum().number() >= -1 && u.maximum().number() < 3)
    #expect(try u.notEqual(u.to(.f32)).to(.i64).sum().integers()[0] > 99_000)
    #expect(try key.normal([Axis("n", 7)], mean: 2, deviation: 3, dtype: .f64).doubles() == Array(z.doubles()[..<7]))
    #expect(try key.normal([n], dtype: .bf16).dtype == .bf16)
    let (r, m) = (Axis("rank", 4), Axis("model", 9))
    let exact = try key.orthogonal(r, m, dtype: .f64)
    #expect(try exact.orthonormalityError(over: "model") < 1e-15)
    #expect(try exact.to(.f32).bits == key.orthogonal(r, m).bits)
  }
}

extension GlobalState {
  @Test func threadsDoNotChangeABitOfDoubles() throws {
    let threads = sk_threads()
    defer { sk_set_threads(threads) }
    func everything() throws -> [[UInt64]] {
      let key = RandomKey(seed: 8), (m, n) = (Axis("row", 301), Axis("column", 129))
      let (a, b) = (try key.normal([m, n], dtype: .f64), try key.fold(1).normal([n, Axis("other", 77)], dtype: .f64))
      return try [
        a.contract(b), a.sum(over: ["row"]), a.softmax(over: "row"), a.exp(), a * a, a.cumulativeSum(over: "row"),
      ]
      .map { $0.doubles().map(\.bitPattern) }
    }
    sk_set_threads(1)
    let one = try everything()
    sk_set_threads(4)
    #expect(try everything() == one)
  }
}
