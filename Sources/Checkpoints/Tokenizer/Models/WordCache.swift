import Glibc

/// The tokens of words seen before. Texts repeat their words, so most words are looked up and not worked out.
///
/// Its memory is fixed; when it is full, it starts anew. One thread uses it at a time (`ScratchPool`).
final class WordCache {
  private struct Entry {
    var hash: UInt64
    /// In `content`: the word, and from the next place that is a multiple of eight its tokens.
    var start: Int32
    /// The word's length plus one; 0 is a free place.
    var length: UInt16
    var count: UInt16
  }

  /// A token, placed in the word.
  private struct Part {
    var id: Int32
    var start: UInt8
    var end: UInt8
    var isUnknown: Bool
  }

  /// Words are kept up to this length; longer ones hardly repeat.
  private static let longest = 96
  private static let places = 1 << 18
  private static let contentSize = 1 << 23

  // Zeroed pages of which only those that are used are there.
  private let entries = calloc(places, MemoryLayout<Entry>.stride)!.assumingMemoryBound(to: Entry.self)
  private let content = UnsafeMutableRawPointer.allocate(byteCount: contentSize, alignment: 8)
  private var used = 0
  private var contentUsed = 0

  deinit {
    free(entries)
    content.deallocate()
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
        let parts = Self.parts(of: entry, in: content)
        for i in 0..<Int(entry.count) {
          let part = parts[i]
          result.append(
            TokenMark(
              id: part.id, start: start + Int32(part.start), end: start + Int32(part.end), isUnknown: part.isUnknown))
        }
        return true
      }
      place = (place + 1) & (Self.places - 1)
    }
  }

  @inline(__always)
  private static func parts(of entry: Entry, in content: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Part> {
    let offset = Int(entry.start) + (Int(entry.length) - 1 + 7) & ~7
    return (content + offset).assumingMemoryBound(to: Part.self)
  }

  /// Notes the tokens of a word that starts at `start`.
  private func insert(
    _ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, at start: Int32, _ found: ArraySlice<TokenMark>
  ) {
    guard !word.isEmpty, let base = word.baseAddress, found.count < 4 * Self.longest else { return }
    let size = (word.count + 7) & ~7 + found.count * MemoryLayout<Part>.stride
    if used > Self.places / 2 || contentUsed + size > Self.contentSize {
      memset(entries, 0, Self.places * MemoryLayout<Entry>.stride)
      (used, contentUsed) = (0, 0)
    }
    var place = Int(truncatingIfNeeded: hash) & (Self.places - 1)
    while entries[place].length != 0 { place = (place + 1) & (Self.places - 1) }
    let entry = Entry(
      hash: hash, start: Int32(contentUsed), length: UInt16(word.count + 1), count: UInt16(found.count))
    entries[place] = entry
    memcpy(content + contentUsed, base, word.count)
    let parts = Self.parts(of: entry, in: content)
    for (i, token) in found.enumerated() {
      parts[i] = Part(
        id: token.id, start: UInt8(token.start - start), end: UInt8(token.end - start), isUnknown: token.isUnknown)
    }
    contentUsed += size
    used += 1
  }
}
