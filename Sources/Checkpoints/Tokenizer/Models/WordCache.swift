import Glibc

/// The tokens of words seen before. Texts repeat their words, so most words are looked up and not worked out.
///
/// Its memory is fixed; when it is full, it starts anew. One thread uses it at a time (`ScratchPool`).
final class WordCache {
  private struct Entry {
    var hash: UInt64
    /// The word in `content`.
    var start: Int32
    /// Its length plus one; 0 is a free place.
    var length: Int32
    /// Its tokens in `tokens`.
    var tokens: Int32
    var count: Int32
  }

  /// Words are kept up to this length; longer ones hardly repeat.
  private static let longest = 96
  private static let places = 1 << 17
  private static let contentSize = 1 << 21
  private static let tokenSize = 1 << 18

  // Zeroed pages of which only those that are used are there.
  private let entries = calloc(places, MemoryLayout<Entry>.stride)!.assumingMemoryBound(to: Entry.self)
  private let content = UnsafeMutablePointer<UInt8>.allocate(capacity: contentSize)
  private let tokens = UnsafeMutablePointer<TokenMark>.allocate(capacity: tokenSize)
  private var used = 0
  private var contentUsed = 0
  private var tokensUsed = 0

  deinit {
    free(entries)
    content.deallocate()
    tokens.deallocate()
  }

  /// Appends the tokens of the word at `range` of the text: those that it had before, or what `tokenize` appends for it.
  @inline(__always)
  func append(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, to tokens: inout [TokenMark],
    tokenize: (_ word: UnsafeBufferPointer<UInt8>, _ start: Int32, _ tokens: inout [TokenMark]) throws -> Void
  ) rethrows {
    let word = UnsafeBufferPointer(rebasing: text[range])
    let start = Int32(range.lowerBound)
    guard word.count <= Self.longest else { return try tokenize(word, start, &tokens) }
    let hash = Vocabulary.hash(word)
    if appendKnown(word, hash, at: start, to: &tokens) { return }
    let before = tokens.count
    try tokenize(word, start, &tokens)
    insert(word, hash, at: start, tokens[before...])
  }

  /// Appends the tokens of a word, if it is known, moved to `start`.
  @inline(__always)
  private func appendKnown(
    _ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, at start: Int32, to result: inout [TokenMark]
  ) -> Bool {
    var place = Int(truncatingIfNeeded: hash) & (Self.places - 1)
    while true {
      let entry = entries[place]
      if entry.length == 0 { return false }
      if entry.hash == hash, Int(entry.length) == word.count + 1,
        word.isEmpty || memcmp(content + Int(entry.start), word.baseAddress!, word.count) == 0
      {
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

  /// Notes the tokens of a word that starts at `start`.
  private func insert(
    _ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, at start: Int32, _ found: ArraySlice<TokenMark>
  ) {
    guard !word.isEmpty, let base = word.baseAddress, found.count < 4 * Self.longest else { return }
    if used > Self.places / 2 || contentUsed + word.count > Self.contentSize
      || tokensUsed + found.count > Self.tokenSize
    {
      memset(entries, 0, Self.places * MemoryLayout<Entry>.stride)
      (used, contentUsed, tokensUsed) = (0, 0, 0)
    }
    var place = Int(truncatingIfNeeded: hash) & (Self.places - 1)
    while entries[place].length != 0 { place = (place + 1) & (Self.places - 1) }
    entries[place] = Entry(
      hash: hash, start: Int32(contentUsed), length: Int32(word.count + 1), tokens: Int32(tokensUsed),
      count: Int32(found.count))
    (content + contentUsed).update(from: base, count: word.count)
    contentUsed += word.count
    for var token in found {
      token.start -= start
      token.end -= start
      (tokens + tokensUsed).initialize(to: token)
      tokensUsed += 1
    }
    used += 1
  }
}
