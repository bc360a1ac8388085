import TestSupport
import Testing

@testable import Checkpoints

/// A text is cut where no token has two neighbours inside: its tokens are to be those of the whole text.
@Suite struct MergeBoundariesTests {
  /// A vocabulary of the SentencePiece kind, from its merges.
  private struct Example {
    var characters: [String]
    var merges: [(String, String)]
    var fallsBack: Bool
    var unknown = "<unk>"

    var tokens: [String] {
      let bytes = fallsBack ? ByteAlphabet.fallbackTokens.map { String(decoding: $0, as: UTF8.self) } : []
      return [unknown] + bytes + characters + merges.map { $0.0 + $0.1 }
    }

    var tokenizer: Tokenizer {
      get throws {
        let vocabulary = tokens.enumerated().map { "\(Self.quoted($1)):\($0)" }
        let pairs = merges.map { "[\(Self.quoted($0.0)),\(Self.quoted($0.1))]" }
        let text = """
          {"model":{"type":"BPE","unk_token":"\(unknown)","fuse_unk":true,"byte_fallback":\(fallsBack),
          "vocab":{\(vocabulary.joined(separator: ","))},"merges":[\(pairs.joined(separator: ","))]}}
          """
        return try Tokenizer(json: FileBytes(text, name: "tokenizer.json"))
      }
    }

    private static func quoted(_ text: String) -> String { "\"" + text.replacing("\n", with: "\\n") + "\"" }

    /// The merges, one after the other over the whole text, with nothing cut.
    func merged(_ text: String) -> [String] {
      var parts: [String] = []
      for scalar in text.unicodeScalars {
        let character = String(scalar)
        if characters.contains(character) {
          parts.append(character)
        } else if fallsBack {
          parts += character.utf8.map { String(decoding: ByteAlphabet.fallbackTokens[Int($0)], as: UTF8.self) }
        } else if parts.last != unknown {
          parts.append(unknown)
        }
      }
      while true {
        let next = merges.firstIndex { merge in
          parts.indices.dropLast().contains { (parts[$0], parts[$0 + 1]) == merge }
        }
        guard let next else { return parts }
        let (left, right) = merges[next]
        let place = parts.indices.dropLast().first { (parts[$0], parts[$0 + 1]) == (left, right) } ?? 0
        parts.replaceSubrange(place...place + 1, with: [left + right])
      }
    }
  }

  private static let merges = [
    ("▁", "▁"), ("a", "b"), ("▁", "ab"), ("b", "\n"), ("▁▁", "▁"), ("c", "▁"), ("\n", "▁▁"), ("é", "a"), ("ab", "c▁"),
    ("x", "1"),
  ]
  private static let characters = ["▁", "a", "b", "c", "\n", "é", "x", "1"]

  /// What each example is, whether a text of it is cut, and whether anywhere.
  private static let examples: [(Example, isCut: Bool)] = [
    (Example(characters: characters, merges: merges, fallsBack: true), true),
    (Example(characters: characters, merges: merges, fallsBack: false), true),
    // A byte's token that stands for an unknown character joins: no pair of characters tells of that.
    (Example(characters: characters, merges: merges + [("<0xE6>", "a")], fallsBack: true), false),
    (Example(characters: characters, merges: merges + [("b", "<0x64>")], fallsBack: true), false),
    // One that no character ever becomes does not matter: "x" has a token of its own.
    (Example(characters: characters, merges: merges + [("b", "<0x78>")], fallsBack: true), true),
  ]

  @Test(arguments: 0..<5) func cutTextsHaveTheTokensOfWholeOnes(_ number: Int) throws {
    let (example, isCut) = Self.examples[number]
    let tokenizer = try example.tokenizer
    let model = try #require(tokenizer.model as? BytePairs)
    #expect((model.boundaries != nil) == isCut)
    let alphabet = example.characters + ["日", "d", "日", "月"]
    var random = SplitMix(state: UInt64(number))
    for _ in 0..<2_000 {
      let text = (0..<random.below(24)).map { _ in alphabet[random.below(alphabet.count)] }.joined()
      let tokens = try tokenizer.encode(text)
      #expect(tokens.map(\.text) == example.merged(text), "\(text.debugDescription)")
      #expect(tokens.last?.range.upperBound ?? 0 == text.utf8.count)
    }
  }

  @Test func whatNoTokenHasInsideIsCut() throws {
    let model = try #require(Self.examples[0].0.tokenizer.model as? BytePairs)
    func parts(_ text: String) -> [String] {
      var parts: [String] = []
      Array(text.utf8).withUnsafeBufferPointer { bytes in
        model.boundaries?.forEachPart(bytes, bytes.indices) { parts.append(String(decoding: bytes[$0], as: UTF8.self)) }
      }
      return parts
    }
    #expect(parts("ab\n▁▁a") == ["ab\n▁▁a"])
    #expect(parts("x1a日日é1c▁a") == ["x1", "a", "日", "日", "é", "1", "c▁a"])
    #expect(parts("") == [])
  }
}
