import Autodiff
import Models
import Tensors

/// Finds out before the first step which parameters the loss cannot teach.
///
/// Zeros that get a gradient are added to what every edit gives. Where theirs is zero everywhere, nothing that the edit
/// does reaches the loss; a parameter's own gradient may well start at zero, as that of LoRA's first factor does.
final class GradientProbe {
  private let objective: AnswerObjective
  private let intervention: Intervention
  private var probes: [Place: [Variable]] = [:]

  private struct Place: Hashable {
    let edit: Int
    let site: Site
  }

  init(_ objective: AnswerObjective, _ intervention: Intervention) {
    self.objective = objective
    self.intervention = intervention
  }

  /// - Parameter batch: how many items run at once.
  /// - Returns: for every edit, how many of the items that were looked at it acts on.
  /// - Throws: `TrainingError.neverActs`, `.noGradient`.
  func check(batch: Int) throws -> [(acting: Int, of: Int)] {
    let contexts = objective.checkedContexts
    var chosen: Set<Int> = []
    var counts: [(acting: Int, of: Int)] = []
    for edit in intervention.edits {
      let acting = try contexts.indices.filter { try edit.acts(in: contexts[$0]) }
      guard let first = acting.first else {
        throw TrainingError.neverActs(edit: edit.description, tokens: edit.tokens.description)
      }
      chosen.formUnion([first, acting[acting.count / 2]])
      counts.append((acting.count, contexts.count))
    }
    let items = chosen.sorted()
    var reached: Set<Place> = []
    var used: Set<Int> = []
    for start in stride(from: 0, to: items.count, by: batch) {
      let (places, parameters) = try run(Array(items[start..<min(start + batch, items.count)]))
      reached.formUnion(places)
      used.formUnion(parameters)
    }
    try report(reached: reached, used: used)
    return counts
  }

  /// The edits whose effect reaches the loss over these items, and the parameters that have a gradient.
  private func run(_ items: [Int]) throws -> (Set<Place>, Set<Int>) {
    probes = [:]
    var weights: [Site: Variable] = [:]
    let leaves = try objective.parameters.map {
      Variable.leaf(try $0.seen(Variable(try $0.raw()), from: try $0.origin()).value)
    }
    let zeros = { (shape: Shape) in Variable.leaf(Tensor(shape) { $0.update(repeating: 0) }) }
    let pass = try objective.pass(
      objective.items(items), leaves,
      finish: { [self] edit, site, _, after in
        let probe = zeros(after.shape)
        probes[Place(edit: edit, site: site), default: []].append(probe)
        return try after + probe
      },
      weightProbe: { edited in
        weights = edited.mapValues { zeros($0.shape) }
        return try edited.reduce(into: [:]) { $0[$1.key] = try $1.value + (weights[$1.key] ?? $1.value) }
      })
    let loss = try pass.loss(objective.normaliser(items))
    guard loss.isTracked else { return ([], []) }
    let gradients = try loss.backward()
    let reached = probes.filter { _, probes in
      probes.contains { gradients[$0]?.floats().contains { $0 != 0 } ?? false }
    }
    // Edits of one weight act one after the other: what reaches the loss does so through all of them.
    let reachedWeights = weights.filter { gradients[$1]?.floats().contains { $0 != 0 } ?? false }
    let places = intervention.edits.indices.flatMap { edit in
      reachedWeights.keys.map { Place(edit: edit, site: $0) }
    }
    return (Set(reached.keys).union(places), Set(leaves.indices.filter { gradients[leaves[$0]] != nil }))
  }

  private func report(reached: Set<Place>, used: Set<Int>) throws {
    var unreached: [String] = []
    var unused: [String] = []
    var place = 0
    for (edit, part) in intervention.edits.enumerated() {
      for own in part.binding ?? [] {
        for parameter in own.parameters {
          let name = "edit\(edit).\(own.site.path).\(parameter.name)"
          guard place < objective.parameters.count, objective.parameters[place].name == name else { continue }
          if !reached.contains(Place(edit: edit, site: own.site)) {
            unreached.append(name)
          } else if !used.contains(place) {
            unused.append(name)
          }
          place += 1
        }
      }
    }
    if !unreached.isEmpty {
      throw TrainingError.noGradient(
        parameters: unreached,
        reason: "what is edited there reaches no answer token; edit earlier layers, or the block's input where image "
          + "or prompt tokens are edited at the last block")
    }
    if !unused.isEmpty {
      throw TrainingError.noGradient(
        parameters: unused, reason: "the operator does not use them, or uses them in ways without a derivative")
    }
  }
}

extension Edit {
  /// Whether the selector names any token that a pass over this context computes, at any of the edit's sites.
  fileprivate func acts(in context: TokenContext) throws -> Bool {
    if !operation.readsInput, (binding ?? []).contains(where: \.site.point.isWeight) { return true }
    for stack in Set((binding ?? []).map(\.site.stack)) {
      if stack != .decoder, context.images.isEmpty { continue }
      if try !tokens.resolve(in: context, stack: stack, length: max(context.tokens.count, context.promptCount)).isEmpty
      {
        return true
      }
    }
    return false
  }
}
