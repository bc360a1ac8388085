import Tensors

extension Variable {
  /// y = x·Wᵀ + b over the last axis: `[row, input]` becomes `[row, output]`.
  ///
  /// In f32 the bits are those of a model's linear map. Weights are read as they are stored, f32, f16 or bf16.
  /// dx = dy·W, dW = dyᵀ·x, db = Σ dy over the rows.
  ///
  /// - Parameters:
  ///   - weight: two axes, output and input, whatever their names.
  ///   - bias: one axis, output.
  ///   - axis: the name of the output axis.
  /// - Throws: `ShapeError` when sizes do not fit or the new name is taken.
  public func linear(weight: Variable, bias: Variable?, into axis: String) throws -> Variable {
    guard let input = axes.last else {
      throw ShapeError.mismatch(operation: "linear", expected: "rows of inputs", found: shape)
    }
    guard weight.shape.rank == 2, weight.axes[1].size == input.size else {
      throw ShapeError.mismatch(
        operation: "linear", expected: "a weight [output, input] for \(input.size) inputs, axis \(input.name)",
        found: weight.shape)
    }
    let outputs = weight.axes[0].size
    if let bias, bias.shape.sizes != [outputs] {
      throw ShapeError.mismatch(operation: "linear", expected: "a bias of \(outputs) outputs", found: bias.shape)
    }
    let result = try Shape.checked(axes.dropLast() + [Axis(axis, outputs)], operation: "linear")
    let size = LinearSize(rows: result.count / max(outputs, 1), inputs: input.size, outputs: outputs)

    func mapped<Number: LayerNumber>(_: Number.Type) -> Variable {
      let (x, w, b) = (value.to(Number.dtype), Number.stored(weight.value), bias.map { Number.stored($0.value) })
      let y = Fresh<Number>(result)
      withExtendedLifetime((x, w, b)) { Number.linear(y.pointer, x.elements(Number.self), w, b, size) }
      let (inputShape, weightShape, biasShape) = (trackedShape, weight.trackedShape, bias?.trackedShape)
      // The input is read for the weight's gradient alone; a frozen map does not keep it.
      let kept = weight.isTracked ? x : nil
      return Variable.record(.linear, y.tensor, from: [self, weight] + (bias.map { [$0] } ?? [])) { gradient in
        let g = gradient.to(Number.dtype)
        let dx = inputShape.map { Fresh<Number>($0) }
        let dw = weightShape.map { Fresh<Number>($0) }
        let db = biasShape.map { Fresh<Number>($0) }
        withExtendedLifetime((g, kept, w)) {
          let dy = g.elements(Number.self)
          if let dx { Number.linearInput(dx.pointer, dy, w, size) }
          if let dw, let kept { Number.linearWeight(dw.pointer, dy, kept.elements(Number.self), size) }
          if let db { Number.columnSums(db.pointer, dy, rows: size.rows, width: size.outputs) }
        }
        return [dx?.tensor, dw?.tensor] + (b == nil ? [] : [db?.tensor])
      }
    }
    return mapped(kernels(for: [self, weight, bias]))
  }

  /// The shape of a gradient that is wanted.
  var trackedShape: Shape? { isTracked ? shape : nil }
}
