import TestSupport
import Testing

@testable import Checkpoints

/// The trie finds what a search through all tokens finds.
@Suite struct TokenTrieTests {
  private func found(_ trie: TokenTrie, _ text: [UInt8]) -> [[Int32]] {
    text.withUnsafeBufferPointer { text in
      trie.withWalker { walker in
        text.indices.map { start in
          var ids: [Int32] = []
          walker.forEachToken(in: text, from: start) { id, end in ids += [id, Int32(end)] }
          return ids
        }
      }
    }
  }

  private func expected(_ tokens: [[UInt8]], _ text: [UInt8]) -> [[Int32]] {
    var ids: [[UInt8]: Int32] = [:]
    for (id, token) in tokens.enumerated() { ids[token] = Int32(id) }
    return text.indices.map { start in
      (start + 1..<text.count + 1).flatMap { end in ids[Array(text[start..<end])].map { [$0, Int32(end)] } ?? [] }
    }
  }

  private func check(_ tokens: [[UInt8]], _ texts: [[UInt8]]) {
    let trie = TokenTrie(tokens.enumerated().lazy.map { ($1, Int32($0)) })
    for text in texts { #expect(found(trie, text) == expected(tokens, text)) }
  }

  @Test func randomTokensOfFewBytes() {
    var random = SplitMix(state: 1)
    for letters in [1, 2, 3, 7] {
      func word(_ length: Int) -> [UInt8] { (0..<length).map { _ in UInt8(random.below(letters)) * 37 } }
      let tokens = (0..<300).map { _ in word(1 + random.below(7)) }
      check(tokens, (0..<20).map { _ in word(40) })
    }
  }

  /// More children than one block can hold beside others, and chains of single ones between them.
  @Test func everyPairOfBytes() {
    var random = SplitMix(state: 2)
    let bytes = Array(UInt8.min...UInt8.max)
    let pairs: [[UInt8]] = bytes.flatMap { first in bytes.map { [first, $0] } }
    let tokens = pairs + bytes.map { [$0, $0, 0, 0xFF, $0] }
    func byte() -> UInt8 { [0, 0xFF, 7, UInt8(random.below(256))][random.below(4)] }
    check(tokens, (0..<20).map { _ in (0..<30).map { _ in byte() } })
  }

  @Test func noTokensEqualOnesAndEmptyOnes() {
    let text: [UInt8] = Array("\0aab\u{FF}".utf8)
    check([], [text, [], [0, 255, 254, 1]])
    // Of equal ones the last holds.
    check([[97], [97, 97], [97], [97, 97, 98]], [text])
    let some: [(bytes: [UInt8], id: Int32)] = [([], 3), ([98], 4)]
    let trie = TokenTrie(some)
    #expect(found(trie, [98, 98]) == [[4, 1], [4, 2]])
  }
}
