import Glibc

/// The tokens of words seen before. Texts repeat their words, so most words are looked up and not worked out.
struct WordCache {
  struct Entry {
    var hash: UInt64 = 0
    /// The word in `content`.
    var start: Int32 = 0
    var length: Int32 = -1
    /// Its tokens in `tokens`.
    var tokens: Int32 = 0
    var count: Int32 = 0
  }

  /// Words are kept up to this length; longer ones hardly repeat.
  static let longest = 96
  private static let places = 1 << 17

  private var entries: [Entry] = []
  private var content: [UInt8] = []
  private var tokens: [TokenMark] = []
  private var used = 0

  /// Appends the tokens of a word, if it is known, moved to `start`.
  @inline(__always)
  func append(_ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, at start: Int32, to result: inout [TokenMark]) -> Bool
  {
    guard !entries.isEmpty else { return false }
    var place = Int(truncatingIfNeeded: hash) & (Self.places - 1)
    while true {
      let entry = entries[place]
      if entry.length < 0 { return false }
      if entry.hash == hash, Int(entry.length) == word.count, matches(entry, word) {
        for i in Int(entry.tokens)..<Int(entry.tokens + entry.count) {
          var token = tokens[i]
          token.start += start
          token.end += start
          result.append(token)
        }
        return true
      }
      place = (place + 1) & (Self.places - 1)
    }
  }

  @inline(__always)
  private func matches(_ entry: Entry, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    content.withUnsafeBufferPointer { content in
      guard let left = content.baseAddress, let right = word.baseAddress else { return true }
      return memcmp(left + Int(entry.start), right, word.count) == 0
    }
  }

  /// Notes the tokens of a word that starts at `start`.
  mutating func insert(
    _ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, at start: Int32, _ found: ArraySlice<TokenMark>
  ) {
    if entries.isEmpty || used > Self.places / 2 {
      entries = [Entry](repeating: Entry(), count: Self.places)
      content.removeAll(keepingCapacity: true)
      tokens.removeAll(keepingCapacity: true)
      used = 0
    }
    var place = Int(truncatingIfNeeded: hash) & (Self.places - 1)
    while entries[place].length >= 0 { place = (place + 1) & (Self.places - 1) }
    entries[place] = Entry(
      hash: hash, start: Int32(content.count), length: Int32(word.count), tokens: Int32(tokens.count),
      count: Int32(found.count))
    content.append(contentsOf: word)
    for var token in found {
      token.start -= start
      token.end -= start
      tokens.append(token)
    }
    used += 1
  }
}
