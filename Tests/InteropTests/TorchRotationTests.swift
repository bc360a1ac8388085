import Tensors
import Testing

@testable import Interop

/// torch's orthogonal parametrisation, against matrices multiplied out.
@Suite struct TorchRotationTests {
  private let X: [[Double]] = [[-1, 0.2], [0.5, 1], [-0.25, 0.75], [2, -0.5]]

  private func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
    a.map { row in b[0].indices.map { column in zip(row, b).reduce(0) { $0 + $1.0 * $1.1[column] } } }
  }

  private func tensor(_ rows: [[Double]], _ axes: [String]) -> Tensor {
    Tensor([Axis(axes[0], rows.count), Axis(axes[1], rows[0].count)], rows.flatMap { $0.map(Float.init) })
  }

  /// H₀ H₁ with v = e_i + what stands below the diagonal; columns turned by the signs on the diagonal.
  private var columns: [[Double]] {
    var turned = (0..<4).map { row in (0..<4).map { $0 == row ? 1.0 : 0 } }
    for i in 0..<2 {
      let v = (0..<4).map { $0 < i ? 0 : $0 == i ? 1 : X[$0][i] }
      let square = v.reduce(0) { $0 + $1 * $1 }
      turned = product(turned, (0..<4).map { row in (0..<4).map { (row == $0 ? 1 : 0) - 2 * v[row] * v[$0] / square } })
    }
    return turned.map { [$0[0] * X[0][0], $0[1] * X[1][1]] }
  }

  private func expectClose(_ found: Tensor, _ expected: [[Double]]) {
    // `columns` are [model][rank], what is found is [rank, model]; rounded to f32 once.
    let turned = (0..<2).flatMap { rank in expected.map { Float($0[rank]) } }
    #expect(zip(found.floats(), turned).allSatisfy { abs($0 - $1) < 1e-6 } && found.count == turned.count)
  }

  @Test func reflectionsThenTheBase() {
    let original = tensor(X, ["model", "rank"])
    expectClose(TorchRotation.rows(of: original, base: nil), columns)
    let base: [[Double]] = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0.6, -0.8], [0, 0, 0.8, 0.6]]
    expectClose(TorchRotation.rows(of: original, base: tensor(base, ["model", "column"])), product(base, columns))
  }

  /// What we write: rows come back to the bit through −1 on the diagonal and the base, which is orthogonal.
  @Test func rowsComeBack() {
    let rows = TorchRotation.rows(of: tensor(X, ["model", "rank"]), base: nil)
    let plain = Tensor([Axis("model", 4), Axis("rank", 2)], [-1, 0, 0, -1, 0, 0, 0, 0])
    let base = TorchRotation.base(extending: rows)
    #expect(TorchRotation.rows(of: plain, base: base).floats() == rows.floats())
    let own = base.floats().map(Double.init)
    for i in 0..<4 {
      for j in 0..<4 {
        let dot = (0..<4).reduce(0) { $0 + own[$1 * 4 + i] * own[$1 * 4 + j] }
        #expect(abs(dot - (i == j ? 1 : 0)) < 1e-6)
      }
    }
  }
}
