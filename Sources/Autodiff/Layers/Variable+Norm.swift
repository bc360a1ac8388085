import Tensors

extension Variable {
  /// x / √(mean(x²) + ε) · (weight + offset) over the last axis, with the bits of a model's norm.
  ///
  /// With r = 1/√(mean(x²) + ε) and g = dy·(weight + offset): dx = r·(g − x·r²·mean(g·x)), dweight = Σ dy·x·r over the rows.
  ///
  /// - Parameters:
  ///   - weight: as many elements as the last axis has, as they are stored; nil for ones, without an offset.
  ///   - offset: what the stored weight lacks: 1 where a checkpoint stores the scale less one.
  public func rmsNorm(weight: Variable?, offset: Float = 0, epsilon: Float) throws -> Variable {
    let width = try normWidth("rmsNorm", [("weight", weight)])
    func normed<Number: LayerNumber>(_: Number.Type) -> Variable {
      let (x, w) = (value.to(Number.dtype), weight.map { Number.stored($0.value) })
      let rows = x.count / max(width, 1)
      let scale = RMSScale(epsilon: epsilon, offset: offset)
      let y = Fresh<Number>(shape)
      withExtendedLifetime((x, w)) {
        Number.rmsNorm(y.pointer, x.elements(Number.self), w, scale, rows: rows, width: width)
      }
      let (needsInput, weightShape) = (isTracked, weight?.trackedShape)
      return Variable.record(.rmsNorm, y.tensor, from: [self] + (weight.map { [$0] } ?? [])) { gradient in
        let g = gradient.to(Number.dtype)
        let (dx, dw) = (Fresh<Number>(x.shape, if: needsInput), weightShape.map { Fresh<Number>($0) })
        withExtendedLifetime((g, x, w)) {
          Number.rmsNormBackward(
            dx?.pointer, dw?.pointer, g.elements(Number.self), x.elements(Number.self), w, scale, rows: rows,
            width: width)
        }
        return [dx?.tensor] + (w == nil ? [] : [dw?.tensor])
      }
    }
    return normed(kernels(for: [self, weight]))
  }

  /// (x − mean) / √(variance + ε) · weight + bias over the last axis, with the bits of a model's norm.
  ///
  /// With z = (x − mean)·r, r = 1/√(variance + ε) and g = dy·weight: dx = r·(g − mean(g) − z·mean(g·z)), dweight = Σ dy·z and
  /// dbias = Σ dy over the rows.
  ///
  /// - Parameters:
  ///   - weight: as many elements as the last axis has, as they are stored; nil for ones.
  ///   - bias: likewise; nil for zeros.
  public func layerNorm(weight: Variable?, bias: Variable?, epsilon: Float) throws -> Variable {
    let width = try normWidth("layerNorm", [("weight", weight), ("bias", bias)])
    func normed<Number: LayerNumber>(_: Number.Type) -> Variable {
      let x = value.to(Number.dtype)
      let (w, b) = (weight.map { Number.stored($0.value) }, bias.map { Number.stored($0.value) })
      let rows = x.count / max(width, 1)
      let y = Fresh<Number>(shape)
      withExtendedLifetime((x, w, b)) {
        Number.layerNorm(y.pointer, x.elements(Number.self), w, b, epsilon, rows: rows, width: width)
      }
      let (needsInput, weightShape, biasShape) = (isTracked, weight?.trackedShape, bias?.trackedShape)
      let inputs = [self] + [weight, bias].compactMap { $0 }
      return Variable.record(.layerNorm, y.tensor, from: inputs) { gradient in
        let g = gradient.to(Number.dtype)
        let dx = Fresh<Number>(x.shape, if: needsInput)
        let (dw, db) = (weightShape.map { Fresh<Number>($0) }, biasShape.map { Fresh<Number>($0) })
        withExtendedLifetime((g, x, w)) {
          Number.layerNormBackward(
            dx?.pointer, dw?.pointer, db?.pointer, g.elements(Number.self), x.elements(Number.self), w, epsilon,
            rows: rows, width: width)
        }
        return [dx?.tensor] + (w == nil ? [] : [dw?.tensor]) + (b == nil ? [] : [db?.tensor])
      }
    }
    return normed(kernels(for: [self, weight, bias]))
  }

  /// How long a row is, once every factor has as many elements.
  private func normWidth(_ operation: String, _ factors: [(String, Variable?)]) throws(ShapeError) -> Int {
    guard let row = axes.last else { throw .mismatch(operation: operation, expected: "rows", found: shape) }
    for (name, factor) in factors {
      if let factor, factor.shape.sizes != [row.size] {
        throw .mismatch(
          operation: operation, expected: "a \(name) of \(row.size) elements, as axis \(row.name) has",
          found: factor.shape)
      }
    }
    return row.size
  }
}
