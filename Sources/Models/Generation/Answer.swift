import Checkpoints

/// One sample's answer as it grows.
struct Answer {
  private(set) var ids: [Int] = []
  private(set) var logProbabilities: [Float] = []
  private(set) var end: Generation.End?
  /// The text up to a stop text, once one has appeared.
  private var stopped: String?
  let limit: Int
  /// What ends the answer when `limit` tokens are there.
  let limitedBy: Generation.End

  /// - Parameter positions: how many tokens the model has positions for.
  init(maximumTokens: Int, positions: Int) {
    limit = min(maximumTokens, positions)
    limitedBy = positions < maximumTokens ? .positionLimit : .tokenLimit
    if limit == 0 { end = limitedBy }
    ids.reserveCapacity(limit)
  }

  mutating func append(_ id: Int, logProbability: Float?, _ blueprint: Blueprint, stop: [String]) {
    ids.append(id)
    if let logProbability { logProbabilities.append(logProbability) }
    if blueprint.endTokens.contains(id) {
      end = .endToken
    } else if !stop.isEmpty, let text = Self.text(blueprint.tokenizer.decode(ids), before: stop) {
      (stopped, end) = (text, .stopText)
    } else if ids.count == limit {
      end = limitedBy
    }
  }

  func generation(_ tokenizer: Tokenizer) -> Generation {
    Generation(
      ids: ids, text: stopped ?? tokenizer.decode(ids), end: end ?? limitedBy, logProbabilities: logProbabilities)
  }

  /// What precedes the first of the stop texts, nil when none is there.
  private static func text(_ text: String, before stop: [String]) -> String? {
    stop.compactMap { text.firstRange(of: $0)?.lowerBound }.min().map { String(text[..<$0]) }
  }
}
