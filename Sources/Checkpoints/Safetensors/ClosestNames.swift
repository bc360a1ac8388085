/// The names most like `name`, best first: those that a slip of the hand or another version's prefix would explain.
/// Ties go by the order given.
func closestNames(to name: String, among names: [String], limit: Int = 3) -> [String] {
  let wanted = Array(name.utf8)
  let farthest = max(2, wanted.count / 3)
  var close: [(name: String, distance: Int)] = []
  for candidate in names {
    let letters = Array(candidate.utf8)
    // `model.layers.0.norm` and `language_model.model.layers.0.norm` differ in a prefix only.
    if candidate.hasSuffix(name) || name.hasSuffix(candidate), min(letters.count, wanted.count) >= 4 {
      close.append((candidate, 0))
    } else if let distance = editDistance(wanted, letters, atMost: farthest) {
      close.append((candidate, distance))
    }
  }
  return close.enumerated().sorted { ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset) }
    .prefix(limit).map(\.element.name)
}

/// Levenshtein's distance in bytes, or nil when it is more than `limit`.
func editDistance(_ left: [UInt8], _ right: [UInt8], atMost limit: Int) -> Int? {
  guard abs(left.count - right.count) <= limit else { return nil }
  var row = Array(0...right.count)
  for (i, letter) in left.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    var best = row[0]
    for j in right.indices {
      let substitution = diagonal + (letter == right[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substitution, diagonal + 1, row[j] + 1)
      best = min(best, row[j + 1])
    }
    if best > limit { return nil }
  }
  return row[right.count] <= limit ? row[right.count] : nil
}
