/// Finds the name that was probably meant.
public enum NameSuggestion {
  /// The candidate closest to `name`, or nil when none is close enough to be worth saying.
  ///
  /// Close means at most one edit for each three letters (an edit inserts, drops, changes or swaps neighbours), so
  /// names of one or two letters are only matched by another case of the same letters.
  public static func closest(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased())
    let limit = wanted.count / 3
    /// Fewest edits first, then the same first letter, then the longest common start.
    var best: (edits: Int, start: Int, prefix: Int, candidate: String)?
    for candidate in candidates where candidate != name {
      let letters = Array(candidate.lowercased())
      guard abs(letters.count - wanted.count) <= limit else { continue }
      let edits = distance(wanted, letters)
      guard edits <= limit, edits < letters.count else { continue }
      let start = letters.first == wanted.first ? 0 : 1
      let rank = (edits: edits, start: start, prefix: -commonPrefix(wanted, letters), candidate: candidate)
      if let best, best <= rank { continue }
      best = rank
    }
    return best?.candidate
  }

  private static func commonPrefix(_ a: [Character], _ b: [Character]) -> Int {
    zip(a, b).prefix { $0 == $1 }.count
  }

  /// The number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i] + [Int](repeating: 0, count: b.count)
      for j in 1...b.count {
        let substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        row[j] = min(last[j] + 1, row[j - 1] + 1, substitution)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], beforeLast[j - 2] + 1) }
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
