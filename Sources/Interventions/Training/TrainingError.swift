/// Why a training cannot begin.
public enum TrainingError: Error, Equatable {
  case noData
  case noHeldOut
  case emptyAnswer
  case noEnd(model: String)
  case weights(count: Int, tokens: Int)
  /// What is wrong with one item.
  case item(Int, reason: String)
  case option(String, reason: String)
  /// An intervention without parameters.
  case nothingToTrain(intervention: String)
  /// An edit that acts on no token of any item.
  case neverActs(edit: String, tokens: String)
  /// Parameters that the loss does not depend on.
  case noGradient(parameters: [String], reason: String)
  /// Prompts that give a site different numbers of rows, which do not make one tensor.
  case ragged(site: String, rows: [Int])
  /// Inputs and targets that do not belong together.
  case pairs(String)
  /// A function without parameters.
  case noParameters(function: String)
  /// The loss or a gradient was no finite number.
  case diverged(what: String, step: Int, steps: Int)
  /// A file that is no checkpoint, or one of another training.
  case checkpoint(path: String, reason: String)
}

extension TrainingError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noData: "there is nothing to learn from: the data set is empty"
    case .noHeldOut: "the held-out data set is empty or has no end"
    case .emptyAnswer: "the answer is empty; every item needs at least one word to learn"
    case .noEnd(let model): "\(model) does not say which token ends an answer; leave the end out with `end: 0`"
    case .weights(let count, let tokens):
      "an answer of \(tokens) tokens needs as many weights, none of them negative, found \(count)"
    case .item(let index, let reason): "item \(index): \(reason)"
    case .option(let name, let reason): "`\(name)` \(reason)"
    case .nothingToTrain(let intervention):
      "`\(intervention)` has no parameters to train; use an operator that has some, such as `mores(rank: 1)`"
    case .neverActs(let edit, let tokens):
      "`\(tokens)` selects no token in any item, so `\(edit)` would learn nothing; choose tokens that the prompts have"
    case .noGradient(let parameters, let reason):
      "the loss does not depend on \(Self.listing(parameters)): \(reason)"
    case .ragged(let site, let rows):
      "the items have \(rows.map(String.init).joined(separator: ", ")) rows at `\(site)`; a loss over it needs as many of each"
    case .pairs(let reason): reason
    case .noParameters(let function):
      "`\(function)` has no parameters to learn; use an operator that has some, such as `mlp(hidden: 100)`"
    case .diverged(let what, let step, let steps): "\(what) at step \(step) of \(steps); lower `lr`"
    case .checkpoint(let path, let reason): "\(path): \(reason)"
    }
  }

  private static func listing(_ names: [String]) -> String {
    let shown = names.prefix(3).map { "`\($0)`" }.joined(separator: ", ")
    return names.count > 3 ? "\(shown) and \(names.count - 3) more parameters" : shown
  }
}
