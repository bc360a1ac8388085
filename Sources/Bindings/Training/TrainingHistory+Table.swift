import Figures
import Interventions

extension TrainingHistory {
  /// A row for each step; what was not measured at a step is missing there.
  func table() throws -> Table {
    func cell(_ value: Float) -> Cell { .float(Double(decimal: value)) }
    var columns = [
      Column("step", losses.indices.map { .int($0 + 1) }), Column("loss", losses.map(cell)),
      Column("lr", rates.map(cell)), Column("norm", norms.map(cell)),
    ]
    if !heldOut.isEmpty {
      var (loss, accuracy) = (
        [Cell](repeating: .missing, count: losses.count), [Cell](repeating: .missing, count: losses.count)
      )
      for found in heldOut where (1...losses.count).contains(found.step) {
        loss[found.step - 1] = cell(found.loss)
        if let share = found.accuracy { accuracy[found.step - 1] = cell(share) }
      }
      columns += [Column("held_out", loss), Column("accuracy", accuracy)]
    }
    return try Table(columns: columns)
  }
}
