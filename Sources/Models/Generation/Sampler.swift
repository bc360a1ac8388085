import Foundation

/// Chooses the next token from logits. Memory is taken once.
struct Sampler {
  private let options: GenerationOptions
  private var candidates: [Int]
  private var weights: [Double]

  init(_ options: GenerationOptions, vocabulary: Int) {
    self.options = options
    candidates = Array(0..<(options.temperature > 0 ? vocabulary : 0))
    weights = [Double](repeating: 0, count: candidates.count)
  }

  /// - Parameters:
  ///   - logits: `[vocab]`; −∞ rules a token out.
  ///   - uniform: a number in 0..<1 that decides the draw; not looked at when the temperature is 0.
  /// - Returns: nil when no logit is finite or one is not a number.
  mutating func choose(_ logits: UnsafeMutableBufferPointer<Float>, uniform: () -> Double) -> Int? {
    guard let best = Self.likeliest(logits) else { return nil }
    guard options.temperature > 0 else { return best }
    let kept = keep(logits, best: Double(logits[best]))
    var rest = uniform() * weights[..<kept].reduce(0, +)
    for index in 0..<kept {
      rest -= weights[index]
      if rest < 0 { return candidates[index] }
    }
    // Rounding can leave a last crumb.
    return candidates[..<kept].indices.last { weights[$0] > 0 }.map { candidates[$0] } ?? best
  }

  /// The first index of the largest logit.
  static func likeliest(_ logits: UnsafeMutableBufferPointer<Float>) -> Int? {
    var best = -1
    var largest = -Float.infinity
    for index in logits.indices {
      let value = logits[index]
      if value > largest { (best, largest) = (index, value) }
      if value.isNaN { return nil }
    }
    return largest.isFinite ? best : nil
  }

  /// Fills `candidates` and `weights` with what may be drawn; returns how many there are.
  private mutating func keep(_ logits: UnsafeMutableBufferPointer<Float>, best: Double) -> Int {
    for index in logits.indices { candidates[index] = index }
    var kept = candidates.count
    if options.topK != nil || options.topP != nil {
      // Of equal logits the lower id comes first, so that the order is one order.
      candidates.sort { (logits[$0], $1) > (logits[$1], $0) }
      kept = min(kept, options.topK ?? kept)
    }
    var total = 0.0
    for index in 0..<kept {
      weights[index] = exp((Double(logits[candidates[index]]) - best) / options.temperature)
      total += weights[index]
    }
    guard let share = options.topP else { return kept }
    var sum = 0.0
    for index in 0..<kept {
      sum += weights[index]
      if sum >= share * total { return index + 1 }
    }
    return kept
  }

  /// ln of the softmax of `logits` at `id`.
  static func logProbability(_ logits: UnsafeMutableBufferPointer<Float>, of id: Int) -> Float {
    var largest = -Float.infinity
    for value in logits { largest = max(largest, value) }
    var sum = 0.0
    for value in logits { sum += exp(Double(value - largest)) }
    return Float(Double(logits[id] - largest) - log(sum))
  }
}
