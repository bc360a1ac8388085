import Autodiff
import Models

// Edits that name virtual positions are what adds them: a prompt is laid out with all that a plan's edits name before it
// runs. Every other selector means the tokens that it meant before.

extension SteeringPlan {
  /// The virtual positions that its edits add at a stack, each once, in the order of the edits. An edit that does nothing,
  /// because its strength is 0, adds nothing.
  static func additions(_ programs: [Site: Program], _ edits: [PlannedEdit], _ stack: Site.Stack) -> [TokenSelector] {
    let acting = Set(programs.filter { $0.key.stack == stack }.flatMap(\.value.edits)).sorted()
    var found: [TokenSelector] = []
    for addition in acting.flatMap({ edits[$0].tokens.additions }) where !found.contains(addition) {
      found.append(addition)
    }
    return found
  }

  /// A prompt with the positions that the plan's edits add; those that it has already stay.
  ///
  /// - Throws: `InterventionError.runs` for a place inside an image.
  func laidOut(_ prompt: Prompt) throws -> Prompt {
    guard !additions.isEmpty || !imageAdditions.isEmpty else { return prompt }
    let missing = additions.filter { addition in
      !prompt.context.virtual.contains { $0.name == addition.description }
    }
    let insertions = try missing.compactMap { try $0.insertion(into: prompt) }
    // All images of a prompt have the same.
    let known = Set((prompt.context.images.first?.virtual ?? []).map(\.name))
    let rows = imageAdditions.compactMap { addition -> (name: String, count: Int)? in
      guard case .added(let count, _) = addition, !known.contains(addition.description) else { return nil }
      return (addition.description, count)
    }
    return prompt.inserting(insertions).addingToImages(rows)
  }
}

extension SteeringPlan.PlannedEdit {
  /// What its operator sees of a sample's virtual rows in the vision tower; nil where it does not look.
  ///
  /// - Throws: `InterventionError.noVirtualRows` where it looks and there are none.
  func virtualRows(_ rows: Variable?, at site: Site, _ sample: Int, _ context: TokenContext) throws -> Variable? {
    guard readsImages else { return nil }
    guard let rows else {
      throw InterventionError.noVirtualRows(
        operation: operation, site: site.path, sample: sample, images: context.images.count)
    }
    return rows
  }
}

extension TokenSelector {
  /// Where virtual positions go in a prompt; nil where it has no such place.
  fileprivate func insertion(into prompt: Prompt) throws -> Prompt.Insertion? {
    guard case .added(let count, let place) = self else { return nil }
    var position: Int
    switch place {
    case .start: position = 0
    case .before(let tokens):
      guard let first = try tokens.resolve(in: prompt.context).first else { return nil }
      position = first
    case .after(let tokens):
      guard let last = try tokens.resolve(in: prompt.context).last else { return nil }
      position = last + 1
    }
    let map = SequenceMap(prompt.context, .decoder)
    for number in prompt.context.images.indices {
      let extent = map.extent(number)
      // A class token that is handed on belongs to its image.
      if position == map.image(number).first { position = extent.lowerBound }
      guard position <= extent.lowerBound || position >= extent.upperBound else {
        throw InterventionError.runs("`\(self)` would stand inside an image, whose patches follow one another")
      }
    }
    return Prompt.Insertion(name: description, count: count, position: position)
  }
}
