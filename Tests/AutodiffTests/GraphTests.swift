import Tensors
import Testing

@testable import Autodiff

private func vector(_ values: Float...) -> Tensor { Tensor([Axis("model", values.count)], values) }

@Test func gradientsOfSharedInputsAddUp() throws {
  let x = Variable.leaf(vector(1, 2, 3))
  let y = try x * x + x
  let gradient = try #require(try y.backward(vector(1, 1, 1))[x])
  #expect(gradient.floats() == [3, 5, 7])
}

@Test func constantsHaveNoGraph() throws {
  let x = Variable(vector(1, 2))
  let y = try x + x
  #expect(!y.isTracked)
  #expect(throws: AutodiffError.notTracked) { try y.backward() }
}

@Test func onlyANumberHasAGradientWithoutSeed() throws {
  let x = Variable.leaf(vector(1, 2))
  #expect(throws: AutodiffError.notScalar(x.shape)) { try (x + x).backward() }
  #expect(throws: AutodiffError.self) { try (x + x).backward(Tensor(1)) }
}

@Test func broadcastingSumsItsGradient() throws {
  let x = Variable.leaf(vector(1, 2))
  let row = Variable(Tensor([Axis("token", 3), Axis("model", 2)], [1, 2, 3, 4, 5, 6]))
  let y = try row * x
  let gradient = try #require(try y.backward(try Tensor.ones(y.axes))[x])
  #expect(gradient.floats() == [9, 12])
  #expect(gradient.shape == x.shape)
}

@Test func gradientsHaveThePrecisionOfWhatTheyBelongTo() throws {
  let x = Variable.leaf(vector(1, 2))
  let y = Variable.leaf(vector(3, 5).to(.f64))
  let gradients = try (x * y + x).put(x, at: .range(0..<2), along: "model").sum().backward()
  #expect(gradients[x]?.dtype == .f32)
  #expect(gradients[x]?.floats() == [1, 1])
  #expect(gradients[y]?.dtype == .f64)
  let product = try (x * y).sum().backward()
  #expect(product[x]?.dtype == .f32 && product[y]?.dtype == .f64)
  #expect(product[x]?.floats() == [3, 5])
}

/// A checkpoint gives the bits of the body run directly: to its inputs, and to what the body captures.
@Test func checkpointsGiveTheSameGradients() throws {
  let (x, w, scale) = (
    Variable.leaf(vector(1, 2, 3)), Variable.leaf(vector(0.5, -1, 2)), Variable.leaf(vector(3, 1, 4))
  )
  func loss(checkpointed: Bool) throws -> Gradients {
    // The captured variable is itself the result of an operation, as an orthonormalised parameter is.
    let captured = try w * scale
    let body: ([Variable]) throws -> Variable = { input in
      let inner = try input[0] * captured
      return try inner * inner + input[0]
    }
    let nested: ([Variable]) throws -> Variable = { input in
      try checkpointed ? Variable.checkpoint(input, body) : body(input)
    }
    let y = checkpointed ? try Variable.checkpoint([x], nested) : try nested([x])
    return try (y * captured).backward(vector(1, 1, 1))
  }
  let (direct, saved) = (try loss(checkpointed: false), try loss(checkpointed: true))
  for leaf in [x, w, scale] { #expect(try #require(direct[leaf]).floats() == #require(saved[leaf]).floats()) }
}

@Test func longChainsAreFreedWithoutRecursion() throws {
  let x = Variable.leaf(vector(1))
  let one = Variable(vector(1))
  var y = x
  for _ in 0..<300_000 { y = try y + one }
  #expect(try #require(try y.backward()[x]).floats() == [1])
}
