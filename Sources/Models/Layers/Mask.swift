/// Which keys of its sequence a query sees.
struct Mask: Sendable {
  /// Whether it sees only keys at its own position and before.
  let causal: Bool
  /// How many positions up to its own it sees, where it is causal; nil for all.
  let window: Int?
  /// Whether the sequences are the windows of a picture rather than whole pictures.
  var isLocal = false

  /// - Parameters:
  ///   - position: where the query stands.
  ///   - keys: how many keys the sequence has.
  func visible(from position: Int, keys: Int) -> Range<Int> {
    guard causal else { return 0..<keys }
    let end = min(keys, position + 1)
    return min(window.map { max(position - $0 + 1, 0) } ?? 0, end)..<end
  }
}
