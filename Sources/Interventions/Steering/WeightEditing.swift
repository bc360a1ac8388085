import Autodiff
import Models
import Tensors

extension SteeringPlan {
  /// The weights that its edits change, as they are after all of them: f32, by place. Parameters that the plan has as tracked
  /// variables get gradients through them.
  ///
  /// - Throws: `InterventionError.weightNotFinite`; whatever an operator throws.
  func editedWeights(of model: Model) throws -> [Site: Variable] {
    var edited: [Site: Variable] = [:]
    for (site, program) in weightPrograms {
      var weight = Variable(try model.weight(at: site).to(.f32))
      for step in program.steps { weight = try run(step, weight, site) }
      edited[site] = weight
    }
    return edited
  }

  private func run(_ step: Step, _ weight: Variable, _ site: Site) throws -> Variable {
    switch step {
    case .edit(let edit, let operation, let strength):
      let rows = Array(0..<(weight.shape.sizes.dropLast().last ?? 1))
      let context = EditContext(
        site: site, sample: SampleContext(index: 0, tokens: TokenContext(tokens: [], promptCount: 0, images: [])),
        positions: rows, ordinals: rows)
      let changed = try operation.apply(weight, strength: Variable(constant(strength)), at: context)
      if let value = changed.value.firstInfinite, weight.value.firstInfinite == nil {
        throw InterventionError.weightNotFinite(
          operation: edits[edit].operation, site: site.path, value: value.isNaN ? "NaN" : "\(value)")
      }
      return changed
    case .scaled(let strength, let steps, _):
      var changed = weight
      for step in steps { changed = try run(step, changed, site) }
      return try weight.blend(changed, share: constant(strength))
    }
  }

  /// Weights have no samples, and the plan refuses strengths that depend on one.
  private func constant(_ strength: PlannedStrength) -> Tensor {
    guard case .constant(let value) = strength else { return Tensor(1) }
    return Tensor(value)
  }
}

extension Tensor {
  /// The first value that is NaN or infinite.
  fileprivate var firstInfinite: Float? { withFloats { $0.first { !$0.isFinite } } }
}
