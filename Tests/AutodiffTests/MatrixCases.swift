import Tensors

@testable import Autodiff

private let square = Draw.normal(91, ("row", 4), ("column", 4))
private let turned = Draw.normal(92, ("column", 3), ("row", 3))
private let tall = Draw.normal(93, ("row", 5), ("column", 3))
private let wide = Draw.normal(94, ("row", 3), ("column", 5))
private let blocks = Draw.normal(95, ("row", 4), ("head", 2), ("column", 3))

private func matrix(
  _ rule: Rule, _ part: String, _ input: Tensor, _ function: @escaping @Sendable (Variable) throws -> Variable
) -> RuleCase {
  RuleCase(name: "\(rule.rawValue)\(part) of \(input.shape)", rule: rule, inputs: [input]) { try function($0[0]) }
}

private let parts: [RuleCase] = [blocks, turned, wide].flatMap { input in
  [
    matrix(.diagonal, "", input) { try $0.diagonal("row", "column", into: "place") },
    matrix(.lowerTriangle, "", input) { try $0.lowerTriangle("row", "column", diagonal: -1) },
    matrix(.upperTriangle, "", input) { try $0.upperTriangle("row", "column", diagonal: 1) },
  ]
}

private let squares: [RuleCase] = [square, turned].flatMap { input in
  [
    matrix(.inverse, "", input) { try $0.inverse(rows: "row", columns: "column") },
    matrix(.determinant, "", input) { try $0.determinant(rows: "row", columns: "column") },
    matrix(.eigh, " values", input) { try $0.eigh(rows: "row", columns: "column").values },
    matrix(.eigh, " vectors", input) { try $0.eigh(rows: "row", columns: "column").vectors },
  ]
}

private let factors: [RuleCase] = [square, turned, tall, wide, Draw.normal(96, ("column", 2), ("row", 6))].flatMap {
  input in
  [
    matrix(.qr, " q", input) { try $0.qr(rows: "row", columns: "column").q },
    matrix(.qr, " r", input) { try $0.qr(rows: "row", columns: "column").r },
    matrix(.qr, " both", input) {
      let (q, r) = try $0.qr(rows: "row", columns: "column", into: "inner")
      return try q.square().contract(r.square())
    },
    matrix(.svd, " u", input) { try $0.svd(rows: "row", columns: "column").u },
    matrix(.svd, " s", input) { try $0.svd(rows: "row", columns: "column").s },
    matrix(.svd, " v", input) { try $0.svd(rows: "row", columns: "column").v },
  ]
}

private let solutions: [RuleCase] = [
  RuleCase(name: "solve for one", rule: .solve, inputs: [square, Draw.normal(97, ("row", 4))]) {
    try $0[0].solve($0[1], rows: "row", columns: "column")
  },
  RuleCase(
    name: "solve for several", rule: .solve, inputs: [turned, Draw.normal(98, ("head", 2), ("row", 3), ("key", 1))]
  ) {
    try $0[0].solve($0[1], rows: "row", columns: "column")
  },
  RuleCase(name: "solve the transpose", rule: .solve, inputs: [square, Draw.normal(99, ("column", 4), ("key", 2))]) {
    try $0[0].solve($0[1], rows: "column", columns: "row")
  },
]

private let start = Draw.normal(104, ("rank", 2), ("model", 5))
private let matrices: [Tensor] = [
  Draw.normal(100, ("rank", 2), ("model", 5)), Draw.normal(101, ("model", 4), ("rank", 3)),
  Draw.normal(102, ("rank", 3), ("model", 3)), Draw.normal(103, ("rank", 1), ("model", 1)),
]

private let orthonormal: [RuleCase] = matrices.flatMap { input in
  [
    matrix(.orthonormalRowsByQR, "", input) { try $0.orthonormalRowsByQR(over: "model") },
    matrix(.orthonormalRowsByHouseholder, "", input) { try $0.orthonormalRowsByHouseholder(over: "model") },
  ]
}

let matrixCases: [RuleCase] =
  parts + squares + factors + solutions + orthonormal
  + [
    matrix(.orthonormalRowsByHouseholder, " from a start", Draw.normal(105, ("model", 5), ("rank", 2))) {
      try $0.orthonormalRowsByHouseholder(over: "model", from: start.orthonormalRowsByQR(over: "model"))
    }
  ]
