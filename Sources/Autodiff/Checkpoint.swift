import Tensors

extension Variable {
  /// Runs `body` without keeping what its derivative needs; the backward pass runs it once more.
  ///
  /// Memory falls to the inputs and the result, at the price of a second forward pass (Chen et al. 2016). The bits are
  /// those of `body` run directly, as long as it gives the same result each time it is called.
  ///
  /// - Parameters:
  ///   - inputs: what the body reads that is large. Other variables that it captures get their gradients too.
  public static func checkpoint(
    _ inputs: [Variable], _ body: @escaping ([Variable]) throws -> Variable
  ) throws -> Variable {
    let values = inputs.map(\.value)
    let value = try body(values.map { Variable($0) }).value
    let nodes = inputs.map(\.node)
    let node = Node(rule: .checkpoint, inputs: nodes, vjp: nil) { gradient, gradients in
      let horizon = Node.horizon
      let locals = values.map { Variable.leaf($0) }
      guard let output = try body(locals).node else { return }
      try gradients.flowThroughCheckpoint(
        from: output, gradient, above: horizon, locals: locals, inputs: nodes)
    }
    return Variable(value, node: node)
  }
}
