import Glibc
import Kernels

/// The tokens of words seen before. Texts repeat their words, so most words are looked up and not worked out.
///
/// Looking up is waiting for memory, so a place of the table is one word, and all else lies together: a header, the
/// word, its tokens. Its memory is fixed; when it is full, it starts anew. One thread uses it at a time (`ScratchPool`).
final class WordCache {
  /// What a record begins with; the word follows, and from the next place that is a multiple of four its tokens.
  private struct Header {
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
  /// So many words are looked up together: the waiting for one overlaps that for the others.
  private static let group = 16
  private static let contentSize = 1 << 23

  // Zeroed pages of which only those that are used are there.
  /// By hash: above 32 bits of it, below one more than a record's place in `content`; 0 is free.
  private let table = calloc(places, MemoryLayout<UInt64>.stride)!.assumingMemoryBound(to: UInt64.self)
  private let content = UnsafeMutableRawPointer.allocate(byteCount: contentSize, alignment: 8)
  /// Of the words of a group.
  private let hashes = UnsafeMutablePointer<UInt64>.allocate(capacity: group)
  private var used = 0
  private var contentUsed = 0

  deinit {
    free(table)
    content.deallocate()
    hashes.deallocate()
  }

  /// Appends the tokens of words: those that one had before, or what `tokenize` appends for it.
  @inline(__always)
  func append(
    _ text: UnsafeBufferPointer<UInt8>, _ words: [Pieces.Piece], to tokens: inout [TokenMark],
    tokenize: (_ word: UnsafeBufferPointer<UInt8>, _ start: Int32, _ tokens: inout [TokenMark]) throws -> Void
  ) rethrows {
    try words.withUnsafeBufferPointer { words in
      var first = 0
      while first < words.count {
        let group = UnsafeBufferPointer(rebasing: words[first..<min(first + Self.group, words.count)])
        fetch(text, group)
        for (i, word) in group.enumerated() {
          let bytes = UnsafeBufferPointer(rebasing: text[word.range])
          if word.token >= 0 {
            tokens.append(TokenMark(id: word.token, word.range))
          } else if !Self.isKept(word) {
            try tokenize(bytes, Int32(word.start), &tokens)
          } else if !appendKnown(bytes, hashes[i], at: Int32(word.start), to: &tokens) {
            let before = tokens.count
            try tokenize(bytes, Int32(word.start), &tokens)
            insert(bytes, hashes[i], at: Int32(word.start), tokens[before...])
          }
        }
        first += Self.group
      }
    }
  }

  @inline(__always)
  private static func isKept(_ word: Pieces.Piece) -> Bool {
    word.token < 0 && word.start < word.end && word.end - word.start <= longest
  }

  /// Works out the hashes of a group of words, and has what is known of them brought near.
  @inline(__always)
  private func fetch(_ text: UnsafeBufferPointer<UInt8>, _ group: UnsafeBufferPointer<Pieces.Piece>) {
    for (i, word) in group.enumerated() where Self.isKept(word) {
      hashes[i] = Vocabulary.hash(UnsafeBufferPointer(rebasing: text[word.range]))
      sk_prefetch(table + Self.place(hashes[i]))
    }
    for (i, word) in group.enumerated() where Self.isKept(word) {
      let entry = table[Self.place(hashes[i])]
      if entry != 0 { sk_prefetch(record(entry)) }
    }
  }

  /// Appends the tokens of a word, if it is known, moved to `start`.
  @inline(__always)
  private func appendKnown(
    _ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, at start: Int32, to result: inout [TokenMark]
  ) -> Bool {
    var place = Self.place(hash)
    while true {
      let entry = table[place]
      if entry == 0 { return false }
      if entry >> 32 == hash >> 32 {
        let record = record(entry)
        let header = record.load(as: Header.self)
        if Int(header.length) == word.count,
          memcmp(record + MemoryLayout<Header>.stride, word.baseAddress!, word.count) == 0
        {
          let parts = Self.parts(of: record, word.count)
          for i in 0..<Int(header.count) {
            let part = parts[i]
            result.append(
              TokenMark(
                id: part.id, start: start + Int32(part.start), end: start + Int32(part.end), isUnknown: part.isUnknown))
          }
          return true
        }
      }
      place = (place + 1) & (Self.places - 1)
    }
  }

  @inline(__always)
  private static func place(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (places - 1) }

  @inline(__always)
  private func record(_ entry: UInt64) -> UnsafeMutableRawPointer { content + (Int(entry & 0xFFFF_FFFF) - 1) }

  /// How many bytes a record's header and word take.
  @inline(__always)
  private static func size(_ length: Int) -> Int { MemoryLayout<Header>.stride + (length + 3) & ~3 }

  @inline(__always)
  private static func parts(of record: UnsafeMutableRawPointer, _ length: Int) -> UnsafeMutablePointer<Part> {
    (record + size(length)).assumingMemoryBound(to: Part.self)
  }

  /// Notes the tokens of a word that starts at `start`.
  private func insert(
    _ word: UnsafeBufferPointer<UInt8>, _ hash: UInt64, at start: Int32, _ found: ArraySlice<TokenMark>
  ) {
    guard let base = word.baseAddress, found.count < 4 * Self.longest else { return }
    let size = Self.size(word.count) + found.count * MemoryLayout<Part>.stride
    if used > Self.places / 4 * 3 || contentUsed + size > Self.contentSize {
      memset(table, 0, Self.places * MemoryLayout<UInt64>.stride)
      (used, contentUsed) = (0, 0)
    }
    var place = Self.place(hash)
    while table[place] != 0 { place = (place + 1) & (Self.places - 1) }
    table[place] = (hash & ~0xFFFF_FFFF) | UInt64(contentUsed + 1)
    let record = content + contentUsed
    record.storeBytes(of: Header(length: UInt16(word.count), count: UInt16(found.count)), as: Header.self)
    memcpy(record + MemoryLayout<Header>.stride, base, word.count)
    let parts = Self.parts(of: record, word.count)
    for (i, token) in found.enumerated() {
      parts[i] = Part(
        id: token.id, start: UInt8(token.start - start), end: UInt8(token.end - start), isUnknown: token.isUnknown)
    }
    contentUsed += size
    used += 1
  }
}
