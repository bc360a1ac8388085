/// Where a checkpoint keeps a weight: a whole tensor, or a part of one that holds several weights.
struct WeightPlace: Sendable, Hashable {
  /// What the checkpoint calls the tensor.
  let name: String
  /// The outputs of a larger map that are this weight's; nil for all.
  var part: Part?
  /// Whether the tensor is stored as `[input, output]`.
  var isTurned = false
  /// How many axes of one entry the stored tensor has before the weight's own.
  var leadingOnes = 0

  struct Part: Sendable, Hashable {
    let outputs: Range<Int>
    /// Outputs of the whole map.
    let count: Int
  }

  init(_ name: String, part: Part? = nil, isTurned: Bool = false, leadingOnes: Int = 0) {
    self.name = name
    self.part = part
    self.isTurned = isTurned
    self.leadingOnes = leadingOnes
  }

  /// What the stored tensor's sizes must be for a weight of the sizes `own`.
  func storedSizes(_ own: [Int]) -> [Int] {
    var sizes = own
    if let part, !sizes.isEmpty { sizes[0] = part.count }
    return Array(repeating: 1, count: leadingOnes) + (isTurned && sizes.count == 2 ? sizes.reversed() : sizes)
  }
}
