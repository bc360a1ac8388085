/// Tokens that are cut out of a text before anything else happens to it: `added_tokens` in `tokenizer.json`.
struct AddedTokens: Sendable {
  struct Added: Sendable {
    var id: Int
    let content: String
    /// Left out by a decoder that skips special tokens.
    var isSpecial = true
    /// Matches only where no word character touches it.
    var singleWord = false
    /// Takes the white space before, or after, it along.
    var stripsLeft = false
    var stripsRight = false
    /// Looked for in the normalised text, in its own normalised form.
    var isNormalized = false
  }

  let tokens: [Added]
  /// What each reads as in a normalised text, and to a decoder.
  private let forms: [[UInt8]]
  private let positions: [Int: Int]
  private let ids: [UTF8Key: Int]
  private let specials: Set<[UInt8]>
  private let first: Matcher
  private let second: Matcher

  init(_ tokens: [Added], normalizer: Normalizer) {
    self.tokens = tokens
    forms = tokens.map { token in
      guard token.isNormalized else { return Array(token.content.utf8) }
      var text = AlignedText(Array(token.content.utf8))
      normalizer.apply(to: &text)
      return text.bytes
    }
    positions = Dictionary(tokens.enumerated().map { ($1.id, $0) }) { $1 }
    ids = Dictionary(tokens.map { (UTF8Key($0.content), $0.id) }) { $1 }
    specials = Set(tokens.filter(\.isSpecial).map { Array($0.content.utf8) })
    first = Matcher(zip(tokens, forms).filter { !$0.0.isNormalized })
    second = Matcher(zip(tokens, forms).filter { $0.0.isNormalized })
  }

  /// - Parameter field: `added_tokens` in `tokenizer.json`.
  static func tokens(_ field: Field) throws -> [Added] {
    var tokens: [Added] = []
    var positions: [Int: Int] = [:]
    for entry in try field.array(or: []) {
      let added = try token(entry, id: entry["id"].integer(in: 0...Int(Int32.max)))
      if let before = positions.updateValue(tokens.count, forKey: added.id) {
        let first = tokens[before].content
        throw CheckpointError(
          field.file, .tokenizer(.sharedId(id: added.id, first: first, second: added.content)))
      }
      tokens.append(added)
    }
    return tokens
  }

  /// One token of `added_tokens`, or of `added_tokens_decoder` in `tokenizer_config.json`.
  static func token(_ entry: Field, id: Int) throws -> Added {
    let isSpecial = try entry["special"].bool(or: false)
    let added = Added(
      id: id, content: try entry["content"].string(),
      isSpecial: isSpecial, singleWord: try entry["single_word"].bool(or: false),
      stripsLeft: try entry["lstrip"].bool(or: false), stripsRight: try entry["rstrip"].bool(or: false),
      isNormalized: try entry["normalized"].bool(or: !isSpecial))
    guard !added.content.isEmpty else { throw CheckpointError(entry.file, .tokenizer(.emptyToken(id: added.id))) }
    return added
  }

  func content(of id: Int) -> String? { positions[id].map { tokens[$0].content } }
  func id(of content: String) -> Int? { ids[UTF8Key(content)] }
  func isSpecial(_ id: Int) -> Bool { positions[id].map { tokens[$0].isSpecial } ?? false }

  /// What a decoder gets for an id, and whether it skips it with the special tokens: the library tells those by this
  /// text, not by the id.
  func decoded(_ id: Int) -> (text: [UInt8], isSpecial: Bool)? {
    positions[id].map { (forms[$0], specials.contains(forms[$0])) }
  }

  func isSpecial(text: [UInt8]) -> Bool { specials.contains(text) }

  /// Cuts the tokens that are not normalised out of a text.
  func cutFirst(_ pieces: inout Pieces) { if !first.isEmpty { pieces.cut(first.split) } }

  /// Cuts the others out of a normalised text.
  func cutSecond(_ pieces: inout Pieces) { if !second.isEmpty { pieces.cut(second.split) } }

  /// Finds the leftmost token, and of those that start there the longest.
  private struct Matcher: Sendable {
    private let trie: TokenTrie
    private var leads = [Bool](repeating: false, count: 256)
    private let tokens: [Added]

    var isEmpty: Bool { tokens.isEmpty }

    init(_ list: [(Added, [UInt8])]) {
      tokens = list.map(\.0)
      trie = TokenTrie(list.enumerated().lazy.map { ($1.1, Int32($0)) })
      for case let lead? in list.map(\.1.first) { leads[Int(lead)] = true }
    }

    func split(
      _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ pieces: inout [Pieces.Piece]
    ) {
      let table = UnicodeTable.shared
      var done = range.lowerBound
      var next = range.lowerBound
      leads.withUnsafeBufferPointer { leads in
        while next < range.upperBound {
          guard leads[Int(bytes[next])], let (token, length) = match(bytes, next..<range.upperBound) else {
            next += 1
            continue
          }
          var start = next
          var end = next + length
          // The search goes on behind the match even where the match does not count.
          next = end
          if token.singleWord && touchesWord(bytes, start..<end, in: range) { continue }
          if token.stripsLeft {
            while start > done {
              var before = start - 1
              while before > done, bytes[before] & 0xC0 == 0x80 { before -= 1 }
              guard table[decodedScalar(bytes, at: before).value] & UnicodeTable.white != 0 else { break }
              start = before
            }
          }
          if token.stripsRight {
            while end < range.upperBound {
              let (scalar, length) = decodedScalar(bytes, at: end)
              guard table[scalar] & UnicodeTable.white != 0 else { break }
              end = min(end + length, range.upperBound)
            }
          }
          // What was taken along may hold the next match, which the search has not passed.
          start = max(start, done)
          if done < start { pieces.append(Pieces.Piece(start: done, end: start)) }
          if start < end { pieces.append(Pieces.Piece(start: start, end: end, token: Int32(token.id))) }
          done = max(done, end)
          next = max(next, done)
        }
      }
      if done < range.upperBound { pieces.append(Pieces.Piece(start: done, end: range.upperBound)) }
    }

    private func match(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> (Added, Int)? {
      var found: (Int32, Int)?
      trie.withWalker {
        $0.forEachToken(in: UnsafeBufferPointer(rebasing: bytes[range]), from: 0) { found = ($0, $1) }
      }
      return found.map { (tokens[Int($0.0)], $0.1) }
    }

    private func touchesWord(_ bytes: UnsafeBufferPointer<UInt8>, _ match: Range<Int>, in range: Range<Int>) -> Bool {
      func isWord(_ offset: Int) -> Bool {
        UnicodeTable.shared[decodedScalar(bytes, at: offset).value] & UnicodeTable.word != 0
      }
      if match.lowerBound > range.lowerBound {
        var before = match.lowerBound - 1
        while before > range.lowerBound, bytes[before] & 0xC0 == 0x80 { before -= 1 }
        if isWord(before) { return true }
      }
      return match.upperBound < range.upperBound && isWord(match.upperBound)
    }
  }
}
