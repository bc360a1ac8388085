import Tensors

/// In which order items come: every epoch all of them once, in an order of its own.
///
/// Items without end come one after the other. Epochs follow each other without a gap, so that every batch is whole. What a step gets depends on its number alone.
struct TrainingOrder {
  let count: Int
  let batch: Int
  private let key: RandomKey
  /// The permutation that was asked for last.
  private var epoch = -1
  private var order: [Int] = []

  init(count: Int, batch: Int, key: RandomKey) {
    self.count = count
    self.batch = batch
    self.key = key.fold("order")
  }

  /// The items of a step, counted from 0.
  mutating func items(of step: Int) throws -> [Int] {
    try (step * batch..<(step + 1) * batch).map { place in
      if count == .max { return place }
      let (wanted, index) = place.quotientAndRemainder(dividingBy: count)
      if wanted != epoch {
        order = try key.fold(UInt64(wanted)).permutation(Axis("item", count)).integers()
        epoch = wanted
      }
      return order[index]
    }
  }
}
