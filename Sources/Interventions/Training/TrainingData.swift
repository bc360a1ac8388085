import Models
import Tensors

/// One thing to learn: a prompt and the answer that should follow it.
public struct TrainingItem: Sendable {
  public let prompt: Prompt
  /// Token ids, the end of the sequence last where the model is to learn to stop.
  public let answer: [Int]
  /// How much each of the answer's tokens counts.
  public let weights: [Float]

  /// - Throws: `TrainingError` for an answer without tokens or with one that the prompt's model cannot know.
  public init(_ prompt: Prompt, answer: [Int], weights: [Float]? = nil) throws(TrainingError) {
    self.prompt = prompt
    self.answer = answer
    self.weights = weights ?? answer.map { _ in 1 }
    guard !answer.isEmpty else { throw .emptyAnswer }
    guard self.weights.count == answer.count, self.weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      throw .weights(count: self.weights.count, tokens: answer.count)
    }
  }

  /// The same answer to another prompt.
  func with(prompt: Prompt) throws(TrainingError) -> TrainingItem {
    try TrainingItem(prompt, answer: answer, weights: weights)
  }

  /// What the model reads: the prompt and all of the answer but its last token, which it is to predict.
  var fed: Prompt {
    let read = answer.dropLast()
    var fed = prompt
    fed.ids += read
    fed.context = prompt.context.appending(read)
    return fed
  }

  /// The rows of a pass over `fed` that predict the answer's tokens, given the row of its first position.
  func predictingRows(from start: Int) -> Range<Int> {
    let first = start + prompt.ids.count - 1
    return first..<first + answer.count
  }
}

/// Items by number, made when they are needed.
///
/// Asked for the same number twice, it gives the same item.
public struct TrainingData {
  /// `Int.max` for items without end, which come in their own order.
  public let count: Int
  private let make: ([Int]) throws -> [TrainingItem]

  /// - Parameter items: the items of these numbers. What is wrong with one is best thrown as `TrainingError.item`.
  public init(count: Int, items: @escaping ([Int]) throws -> [TrainingItem]) {
    self.count = count
    make = items
  }

  public init(count: Int, item: @escaping (Int) throws -> TrainingItem) {
    self.init(count: count) { numbers in
      try numbers.map { number in
        do { return try item(number) } catch { throw TrainingError.item(number, reason: "\(error)") }
      }
    }
  }

  public init(_ items: [TrainingItem]) { self.init(count: items.count) { items[$0] } }

  var isEndless: Bool { count == .max }

  func items(_ numbers: [Int]) throws -> [TrainingItem] { try make(numbers) }
}

extension Blueprint {
  /// An item from a prompt and an answer in words.
  ///
  /// - Parameters:
  ///   - endWeight: how much the end of the sequence counts; 0 leaves it out.
  ///   - weight: how much every token counts, the end included.
  /// - Throws: `ModelError.unknownWords` for words that the vocabulary lacks; `TrainingError`.
  public func trainingItem(
    _ prompt: Prompt, answer: String, endWeight: Float = 1, weight: Float = 1
  ) throws -> TrainingItem {
    let tokens = try tokenizer.encode(answer, addSpecial: false)
    let unknown = tokens.unknownWords(in: answer)
    guard unknown.isEmpty else { throw ModelError.unknownWords(unknown) }
    var ids = tokens.map(\.id)
    guard !ids.isEmpty else { throw TrainingError.emptyAnswer }
    var weights = ids.map { _ in weight }
    if endWeight > 0 {
      // Of several, the lowest: a set has no order.
      guard let end = endTokens.min() else { throw TrainingError.noEnd(model: origin) }
      ids.append(end)
      weights.append(weight * endWeight)
    }
    return try TrainingItem(prompt, answer: ids, weights: weights)
  }
}
