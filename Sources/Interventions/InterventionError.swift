import Models

/// What can be wrong with a selector, a site path, an operator or an intervention file.
///
/// Every case carries what was found and what was expected; `description` is the only place with words.
public enum InterventionError: Error, Equatable {
  /// A path literal that does not say anything we know.
  case path(String, String)
  /// A name in a path that does not exist; `known` is what could stand there.
  case unknownStep(path: String, step: String, known: [String])
  /// A site pattern that matches nothing of this model.
  case noSite(pattern: String, reason: String, nearest: [String])
  /// A selector that has no meaning at this stack: text tokens in the vision tower.
  case tokensAtSite(selector: String, site: String, reason: String)
  /// A weight where an activation is needed.
  case weightsAsActivations(pattern: String, weight: String)
  /// `on tokens` at a weight, which has none.
  case tokensAtWeight(selector: String, pattern: String)
  /// Activations and weights under one operator.
  case mixedSites(pattern: String)
  /// A selector that needs the end of the sequence while it is still being generated.
  case needsTheEnd(selector: String)
  /// An operator's argument that does not make sense by itself.
  case argument(operation: String, name: String, reason: String)
  /// An operator that does not fit the site it is attached to.
  case misfit(operation: String, site: String, reason: String)
  /// An operator that looks at what a linear map reads, where there is no linear map.
  case needsMap(operation: String, site: String)
  /// An operator looks at virtual rows of the vision tower, and a sample has none.
  case noVirtualRows(operation: String, site: String, sample: Int, images: Int)
  /// An operator makes a row of each virtual row of the vision tower, and edits another number.
  case virtualRows(operation: String, site: String, selected: Int, rows: Int, images: Int)
  /// An operator returned something that cannot replace the activation.
  case result(operation: String, site: String, found: String, expected: String)
  /// An operator refers to one token, and its selector names none or several of a sample.
  case reference(operation: String, selector: String, sample: Int, count: Int)
  /// A function of rows gave rows of another shape.
  case functionResult(function: String, found: String, expected: String)
  /// A fitted function was given rows of another width.
  case functionWidth(function: String, width: Int, found: String)
  /// An edit turned finite numbers into NaN or infinity.
  case notFinite(operation: String, site: String, sample: Int, position: Int, value: String)
  /// A parameter that starts from a weight, where there is none.
  case noWeights(site: String)
  /// An edit turned a finite weight into NaN or infinity.
  case weightNotFinite(operation: String, site: String, value: String)
  /// A model whose activations are edited, where only one with edited weights can be written.
  case cannotMerge(intervention: String)
  /// An intervention without parameters where one with parameters is needed.
  case unbound(intervention: String)
  /// Parameters made for another model.
  case otherModel(difference: String)
  /// A file that is not an intervention, or not one that can be read.
  case file(path: String, reason: String)
  /// A custom operator in a file that nobody here can make again.
  case unknownOperator(path: String, name: String, known: [String])
  /// Runs that cannot be compared or patched into one another.
  case runs(String)
}

extension InterventionError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .path(let path, let reason): "cannot read the path `\(path)`: \(reason)"
    case .unknownStep(let path, let step, let known):
      "`\(step)` in `\(path)` is not known here; there are \(known.joined(separator: ", "))"
        + (closest(to: step, among: known).map { "; did you mean `\($0)`" } ?? "")
    case .noSite(let pattern, let reason, let nearest):
      "`\(pattern)` matches no site: \(reason)"
        + (nearest.isEmpty ? "" : "; it has " + nearest.joined(separator: ", "))
    case .tokensAtSite(let selector, let site, let reason): "`\(selector)` cannot select tokens at `\(site)`: \(reason)"
    case .weightsAsActivations(let pattern, let weight):
      "`\(pattern)` names weights (`\(weight)`), which depend on no prompt; activations are needed here"
    case .tokensAtWeight(let selector, let pattern):
      "`\(pattern)` names weights, which have no tokens; leave out `on \(selector)`"
    case .mixedSites(let pattern):
      "`\(pattern)` names weights beside activations; write an intervention for each and add them"
    case .needsTheEnd(let selector):
      "`\(selector)` depends on where generation ends, which an edit cannot know while it runs; "
        + "count from the start instead, for instance `.generated.first(3)`"
    case .argument(let operation, let name, let reason): "\(operation): `\(name)` \(reason)"
    case .misfit(let operation, let site, let reason): "\(operation) does not fit the site `\(site)`: \(reason)"
    case .needsMap(let operation, let site):
      "\(operation) looks at what a linear map reads, and `\(site)` is not the weight of one; it acts at "
        + "`.layers[0].attention.query.weight`, `.layers[*].linears` and the like, and with two arguments also at activations "
        + "of the decoder, where the second is virtual rows of the vision tower"
    case .noVirtualRows(let operation, let site, let sample, let images):
      "\(operation) at `\(site)` looks at what the vision tower made of virtual rows, and "
        + (images == 0
          ? "sample \(sample) has no image; place what it edits next to one, as `.virtual(4, before: .image)`, and prompts "
            + "without image are left alone"
          : "nothing adds such rows to the images of sample \(sample); add them, as with `vpt(4)`")
    case .virtualRows(let operation, let site, let selected, let rows, let images):
      "\(operation) at `\(site)` makes \(rows) rows, one for each virtual row of "
        + (images == 1 ? "the sample's image" : "the sample's \(images) images")
        + ", and \(selected) are selected; give both the same number"
    case .result(let operation, let site, let found, let expected):
      "\(operation) at `\(site)` returned \(found); it must return \(expected), the shape it was given"
    case .reference(let operation, let selector, let sample, let count):
      "\(operation) refers to one token, and `\(selector)` names \(count == 0 ? "none" : "\(count)") in sample \(sample); "
        + "choose one, for instance `.last`"
    case .functionResult(let function, let found, let expected):
      "`\(function)` makes \(found) of \(expected); a function that is fitted gives the shape it was given"
    case .functionWidth(let function, let width, let found):
      "`\(function)` was fitted on rows of \(width) numbers, and the last axis of \(found) is not of that size"
    case .notFinite(let operation, let site, let sample, let position, let value):
      "\(operation) made a finite activation \(value) at `\(site)`, sample \(sample), position \(position); "
        + "lower its strength or check its parameters"
    case .noWeights(let site):
      "a parameter at `\(site)` starts from a weight, which only a model's weights have; attach it to a weight, with a "
        + "model at hand"
    case .weightNotFinite(let operation, let site, let value):
      "\(operation) made the weight `\(site)` \(value); lower its strength or check its parameters"
    case .cannotMerge(let intervention):
      "`\(intervention)` edits activations, which no weight can hold; save the intervention by itself "
        + "(a path ending in .safetensors) and give it to the model again"
    case .unbound(let intervention):
      "`\(intervention)` has no parameters yet; bind it to a model first, or load a saved one"
    case .otherModel(let difference):
      "the intervention was made for another model: \(difference); force it only if you know that they agree where it acts"
    case .file(let path, let reason): "\(path): \(reason)"
    case .unknownOperator(let path, let name, let known):
      "\(path) uses the operator `\(name)`, which is not defined here; define it before loading"
        + (known.isEmpty ? "" : " (built in: \(known.joined(separator: ", ")))")
    case .runs(let reason): reason
    }
  }
}

/// The candidate that a reader most likely meant, or nil when none is close: at most a third of its letters differ.
func closest(to word: String, among candidates: [String]) -> String? {
  let scored = candidates.map { (candidate: $0, distance: editDistance(word, $0)) }
  guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
  return best.distance > 0 && best.distance * 3 <= max(word.count, 3) ? best.candidate : nil
}

/// How many letters must be inserted, removed, changed or swapped with their neighbour (optimal string alignment).
func editDistance(_ left: String, _ right: String) -> Int {
  let left = Array(left)
  let right = Array(right)
  var before: [Int] = []
  var above: [Int] = []
  var row = Array(0...right.count)
  for i in left.indices {
    (before, above) = (above, row)
    row[0] = i + 1
    for j in right.indices {
      let substitution = above[j] + (left[i] == right[j] ? 0 : 1)
      row[j + 1] = min(substitution, above[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
        row[j + 1] = min(row[j + 1], before[j - 1] + 1)
      }
    }
  }
  return row[right.count]
}
