import Autodiff
import Models
import Tensors

/// A forward pass over items, read where their answers are predicted.
struct AnswerPass {
  private let items: [TrainingItem]
  private let run: DifferentiableRun

  init(_ items: [TrainingItem], _ run: DifferentiableRun) {
    self.items = items
    self.run = run
  }

  /// `[token, vocab]`, the rows that predict the first item's answer, then the second's.
  private func logits() throws -> Variable {
    let rows = zip(items, run.samples).flatMap { $0.predictingRows(from: $1.lowerBound) }
    return try run.logits(try run.stream(), rows: rows)
  }

  private func loss(_ logits: Variable, _ normaliser: Double) throws -> Variable {
    try logits.crossEntropy(
      targets: items.flatMap(\.answer), weights: items.flatMap(\.weights).map { Float(Double($0) / normaliser) })
  }

  func loss(_ normaliser: Double) throws -> Variable { try loss(logits(), normaliser) }

  /// How many answers greedy decoding would give whole: each token is the likeliest after the true ones before it.
  func lossAndRightAnswers(_ normaliser: Double) throws -> (loss: Float, right: Int) {
    let logits = try logits()
    let best = try logits.value.argmax(over: "vocab").integers()
    var (row, right) = (0, 0)
    for item in items {
      if zip(item.answer, best[row...]).allSatisfy({ $0 == $1 }) { right += 1 }
      row += item.answer.count
    }
    return (try loss(logits, normaliser).value.item(), right)
  }
}
