import Tensors

extension Intervention: Equatable {
  /// Equal when they say the same and carry the same parameters and operators' tensors, bit for bit, for the same model.
  public static func == (left: Intervention, right: Intervention) -> Bool {
    left.description == right.description && left.origin == right.origin
      && left.edits.elementsEqual(right.edits) { $0.carriesSame(as: $1) }
  }
}

extension Edit {
  fileprivate func carriesSame(as other: Edit) -> Bool {
    arguments(operation).elementsEqual(arguments(other.operation)) { $0.isSame(as: $1) }
      && functions(operation).elementsEqual(functions(other.operation)) { $0.isSame(as: $1) }
      && (binding == nil) == (other.binding == nil)
      && (binding ?? []).elementsEqual(other.binding ?? []) { own, its in
        own.site == its.site
          && own.parameters.elementsEqual(its.parameters) { $0.name == $1.name && $0.tensor.isSame(as: $1.tensor) }
      }
  }

  private func functions(_ operation: any Operator) -> [FittedFunction] {
    operation.arguments.compactMap { if case .fitted(let function) = $0.value { function } else { nil } }
  }

  private func arguments(_ operation: any Operator) -> [Tensor] {
    operation.arguments.compactMap { if case .tensor(let tensor) = $0.value { tensor } else { nil } }
  }
}

extension Tensor {
  /// Same axes, type and bytes.
  func isSame(as other: Tensor) -> Bool {
    guard shape == other.shape, dtype == other.dtype else { return false }
    return withUnsafeBytes { own in other.withUnsafeBytes { own.elementsEqual($0) } }
  }
}
