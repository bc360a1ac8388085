import Tensors
import Testing

@testable import Autodiff

private func random(_ seed: UInt64, _ rank: Int, _ model: Int) throws -> Tensor {
  try RandomKey(seed: seed).normal([Axis("rank", rank), Axis("model", model)])
}

@Test(arguments: [(1, 1), (1, 7), (3, 8), (5, 5), (4, 96)])
func orthonormalRowsAreSo(_ rank: Int, _ model: Int) throws {
  let x = try random(3, rank, model)
  let start = try x.orthonormalRowsByQR(over: "model")
  let other = try random(4, rank, model)
  let all = [
    start, try other.orthonormalRowsByHouseholder(over: "model"),
    try other.orthonormalRowsByHouseholder(over: "model", from: start),
    // Any order of the axes.
    try other.reorder(["model"]).orthonormalRowsByHouseholder(over: "model"),
  ]
  // Computed in double precision and rounded once.
  for matrix in all { #expect(try matrix.orthonormalityError(over: "model") < 3e-7) }
  #expect(try all[3].reorder(["rank", "model"]).floats() == all[1].floats())
}

/// The parameters of an orthonormal matrix give it again.
@Test(arguments: [(1, 1), (1, 7), (3, 8), (5, 5)])
func householderParametersReproduceTheirMatrix(_ rank: Int, _ model: Int) throws {
  let matrix = try random(5, rank, model).to(.f64).orthonormalRowsByQR(over: "model")
  let found = try matrix.householderParameters(over: "model").orthonormalRowsByHouseholder(over: "model")
  #expect(zip(found.doubles(), matrix.doubles()).allSatisfy { abs($0 - $1) < 1e-14 })
  // With a start, −1 on the diagonal and 0 elsewhere is where it begins.
  let origin = try Tensor.eye(Axis("rank", rank), Axis("model", model)).negated().to(.f64)
  let begun = try origin.orthonormalRowsByHouseholder(over: "model", from: matrix)
  #expect(zip(begun.doubles(), matrix.doubles()).allSatisfy { abs($0 - $1) < 1e-14 })
}

@Test func moreRowsThanTheyAreLongAreRefused() throws {
  let x = try random(6, 4, 3)
  #expect(throws: ShapeError.self) { try x.orthonormalRowsByQR(over: "model") }
  #expect(throws: ShapeError.self) { try x.orthonormalRowsByHouseholder(over: "model") }
  #expect(throws: ShapeError.self) { try x.householderParameters(over: "model") }
  let wide = try random(7, 2, 3)
  #expect(throws: ShapeError.self) { try wide.orthonormalRowsByHouseholder(over: "model", from: random(8, 2, 4)) }
}

/// A row of zeros can become any direction: it has no derivative, and says so.
@Test func rowsOfZerosHaveNoDerivative() throws {
  let x = Variable.leaf(Tensor([Axis("rank", 2), Axis("model", 3)], [1, 2, 3, 0, 0, 0]))
  let y = try x.orthonormalRowsByQR(over: "model")
  #expect(throws: AutodiffError.self) { try y.sum().backward() }
}
