/// Tokens that are cut out of a text before anything else happens to it: `added_tokens` in `tokenizer.json`.
struct AddedTokens: Sendable {
  struct Added: Sendable {
    let id: Int
    let content: String
    /// Left out by a decoder that skips special tokens.
    let isSpecial: Bool
    /// Matches only where no word character touches it.
    let singleWord: Bool
    /// Takes the white space before, or after, it along.
    let stripsLeft: Bool
    let stripsRight: Bool
    /// Matched after those that are not normalised.
    let isNormalized: Bool
  }

  /// A stretch of the text; `id` is nil where no added token stands.
  struct Piece: Equatable {
    let range: Range<Int>
    let id: Int?
  }

  let tokens: [Added]
  private let positions: [Int: Int]
  private let ids: [UTF8Key: Int]
  private let first: Matcher
  private let second: Matcher

  /// - Parameter field: `added_tokens` in `tokenizer.json`.
  init(_ field: Field) throws {
    var tokens: [Added] = []
    var positions: [Int: Int] = [:]
    var ids: [UTF8Key: Int] = [:]
    for entry in try field.array(or: []) {
      let isSpecial = try entry["special"].bool(or: false)
      let added = Added(
        id: try entry["id"].integer(in: 0...Int(Int32.max)), content: try entry["content"].string(),
        isSpecial: isSpecial, singleWord: try entry["single_word"].bool(or: false),
        stripsLeft: try entry["lstrip"].bool(or: false), stripsRight: try entry["rstrip"].bool(or: false),
        isNormalized: try entry["normalized"].bool(or: !isSpecial))
      guard !added.content.isEmpty else { throw CheckpointError(field.file, .tokenizer(.emptyToken(id: added.id))) }
      if let before = positions.updateValue(tokens.count, forKey: added.id) {
        let first = tokens[before].content
        throw CheckpointError(
          field.file, .tokenizer(.sharedId(id: added.id, first: first, second: added.content)))
      }
      ids[UTF8Key(added.content)] = added.id
      tokens.append(added)
    }
    self.tokens = tokens
    self.positions = positions
    self.ids = ids
    first = Matcher(tokens.filter { !$0.isNormalized })
    second = Matcher(tokens.filter(\.isNormalized))
  }

  func content(of id: Int) -> String? { positions[id].map { tokens[$0].content } }
  func id(of content: String) -> Int? { ids[UTF8Key(content)] }
  func isSpecial(_ id: Int) -> Bool { positions[id].map { tokens[$0].isSpecial } ?? false }

  /// Cuts a text at the added tokens in it.
  func split(_ bytes: [UInt8]) -> [Piece] {
    first.split(bytes, bytes.indices).flatMap { piece in
      piece.id == nil ? second.split(bytes, piece.range) : [piece]
    }
  }

  /// Finds the leftmost token, and of those that start there the longest.
  private struct Matcher: Sendable {
    /// By first byte, longest first.
    private var candidates: [UInt8: [(content: [UInt8], token: Added)]] = [:]

    init(_ tokens: [Added]) {
      for token in tokens {
        let content = Array(token.content.utf8)
        candidates[content[0], default: []].append((content, token))
      }
      for (lead, list) in candidates { candidates[lead] = list.sorted { $0.content.count > $1.content.count } }
    }

    func split(_ bytes: [UInt8], _ range: Range<Int>) -> [Piece] {
      var pieces: [Piece] = []
      var done = range.lowerBound
      var next = range.lowerBound
      while next < range.upperBound {
        guard let (content, token) = match(bytes[next..<range.upperBound]) else {
          next += 1
          continue
        }
        var start = next
        var end = next + content.count
        // The search goes on behind the match even where the match does not count.
        next = end
        if token.singleWord && touchesWord(bytes, start..<end, in: range) { continue }
        if token.stripsLeft {
          while start > done, let before = scalar(in: bytes, before: start), before.scalar.isWhiteSpace {
            start = before.start
          }
        }
        if token.stripsRight {
          while end < range.upperBound, case let after = scalar(in: bytes, at: end), after.scalar.isWhiteSpace {
            end += after.length
          }
          next = end
        }
        if done < start { pieces.append(Piece(range: done..<start, id: nil)) }
        pieces.append(Piece(range: start..<end, id: token.id))
        done = end
      }
      if done < range.upperBound { pieces.append(Piece(range: done..<range.upperBound, id: nil)) }
      return pieces
    }

    private func match(_ bytes: ArraySlice<UInt8>) -> (content: [UInt8], token: Added)? {
      guard let lead = bytes.first, let list = candidates[lead] else { return nil }
      return list.first { bytes.starts(with: $0.content) }
    }

    private func touchesWord(_ bytes: [UInt8], _ match: Range<Int>, in range: Range<Int>) -> Bool {
      if match.lowerBound > range.lowerBound, let before = scalar(in: bytes, before: match.lowerBound),
        before.scalar.isWordCharacter
      {
        return true
      }
      return match.upperBound < range.upperBound && scalar(in: bytes, at: match.upperBound).scalar.isWordCharacter
    }
  }
}
