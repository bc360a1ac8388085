import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite struct TokenizerTests {
  private static let miniature = repositoryRoot.appendingPathComponent("Sources/CEmbedded/minivlm").path

  private func minivlm() throws -> Tokenizer { try Tokenizer(FileSource(folder: Self.miniature)) }

  @Test func miniatureEqualsTheReference() throws { try checkTokenizer(minivlm(), against: "minivlm.cases.json") }

  @Test func addedTokensAndTemplatesEqualTheReference() throws {
    let file = try FileBytes(path: fixture("tokenizers/odd.tokenizer.json").path)
    try checkTokenizer(Tokenizer(json: file), against: "odd.cases.json")
  }

  @Test func lookups() throws {
    let tokenizer = try minivlm()
    #expect(tokenizer.count == 162)
    #expect(tokenizer.id(of: "star") == 131 && tokenizer.token(131) == "star")
    #expect(tokenizer.id(of: "<image>") == 4 && tokenizer.isSpecial(4) && !tokenizer.isSpecial(131))
    #expect(tokenizer.id(of: "Star") == nil && tokenizer.token(162) == nil && tokenizer.token(-1) == nil)
    #expect(tokenizer.special.beginning == SpecialTokens.Named(text: "<bos>", id: 1))
    #expect(tokenizer.special.end?.id == 2 && tokenizer.special.padding?.id == 0 && tokenizer.special.unknown?.id == 3)
    #expect(tokenizer.special.others == [SpecialTokens.Named(text: "<image>", id: 4)])
    #expect(tokenizer.decode([131, 9999, 75]) == "star is")
  }

  @Test func unknownWordsAreReported() throws {
    let text = "a zebra and a Zebra , zebra"
    let tokens = try minivlm().encode(text)
    #expect(tokens.map(\.isUnknown) == [false, true, false, false, true, true, true])
    #expect(tokens.unknownWords(in: text) == ["zebra", "Zebra", ","])
    #expect(tokens[1].text == "<unk>" && tokens[1].range == 2..<7)
  }

  private func open(_ text: String, config: String? = nil) -> String? {
    message {
      _ = try Tokenizer(
        json: FileBytes(text, name: "tokenizer.json"),
        config: config.map { FileBytes($0, name: "tokenizer_config.json") })
    }
  }

  private let model = #""model":{"type":"WordLevel","vocab":{"a":0,"b":1},"unk_token":"a"}"#

  @Test func vocabulariesTellWordsApartByBytes() throws {
    let text = "{\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"\u{E9}\":0,\"e\u{301}\":1}}}"
    let tokenizer = try Tokenizer(json: FileBytes(text, name: "t"))
    #expect(tokenizer.id(of: "\u{E9}") == 0 && tokenizer.id(of: "e\u{301}") == 1)
    #expect(try tokenizer.encode("e\u{301}").map(\.id) == [1])
  }

  @Test func badFilesAreNamed() throws {
    #expect(open("{\(model)}") == nil)
    let cases: [(String, String)] = [
      (
        #"{"model":{"type":"Morfessor","vocab":{}}}"#,
        "tokenizer.json: model.type is \"Morfessor\", which is not read yet; read are BPE, Unigram, WordLevel, WordPiece"
      ),
      (
        #"{"model":{"type":"BPE","vocab":{}}}"#,
        "tokenizer.json: model.merges is missing; it must be an array of pairs of tokens"
      ),
      (
        #"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}"#,
        "tokenizer.json: model.merges[0] needs the token \"b\", which is not in the vocabulary"
      ),
      (
        #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a","a"]]}}"#,
        "tokenizer.json: model.merges[0] needs the token \"aa\", which is not in the vocabulary"
      ),
      (
        #"{"model":{"type":"BPE","vocab":{"a":0},"merges":["aa"]}}"#,
        "tokenizer.json: model.merges[0] must be two tokens with a space between, found \"aa\""
      ),
      (
        #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}}"#,
        "tokenizer.json: model.dropout is 0.1, which is not supported: tokens would be drawn at random; set it to null"
      ),
      (
        #"{"model":{"type":"Unigram","vocab":[["a",-1.5],["a",-2]]}}"#,
        "tokenizer.json: the token \"a\" is there twice, with the ids 0 and 1"
      ),
      (
        #"{"model":{"type":"Unigram","vocab":[["a"]]}}"#,
        "tokenizer.json: model.vocab[0] must be a token and its score, found an array of 1"
      ),
      (
        #"{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":1}}"#,
        "tokenizer.json: model.unk_id must be an integer from 0 to 0, found 1"
      ),
      (
        #"{"model":{"type":"WordLevel","vocab":{"a":2000000000}}}"#,
        "tokenizer.json: the token \"a\" has the id 2000000000, which is out of proportion to 1 tokens"
      ),
      (
        "{\"pre_tokenizer\":{\"type\":\"ByteLevel\"},\(model)}",
        "tokenizer.json: model.type is WordLevel, which is not supported: after ByteLevel only BPE is read"
      ),
      (
        "{\"pre_tokenizer\":{\"type\":\"UnicodeScripts\"},\(model)}",
        "tokenizer.json: pre_tokenizer.type is \"UnicodeScripts\", which is not read yet; read are ByteLevel, Metaspace, "
          + "Split, Digits, Punctuation, Whitespace, WhitespaceSplit, BertPreTokenizer and 3 more"
      ),
      (
        #"{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"}]},"model":{}}"#,
        "tokenizer.json: pre_tokenizer.pretokenizers[0] is ByteLevel, which is not supported: nothing may come after it in "
          + "a Sequence"
      ),
      (
        #"{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a"},"behavior":"Isolated"},"model":{}}"#,
        "tokenizer.json: pre_tokenizer.pattern.Regex is \"(a\", which is no regular expression that is read"
      ),
      (
        #"{"pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Torn"},"model":{}}"#,
        "tokenizer.json: pre_tokenizer.behavior must be Removed, Isolated, MergedWithPrevious, MergedWithNext or "
          + "Contiguous, found \"Torn\""
      ),
      (
        "{\"normalizer\":{\"type\":\"NFX\"},\(model)}",
        "tokenizer.json: normalizer.type is \"NFX\", which is not read yet; read are NFC, NFD, NFKC, NFKD, Lowercase, Strip, "
          + "StripAccents, Replace and 5 more"
      ),
      (
        "{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"},\(model)}",
        "tokenizer.json: normalizer.precompiled_charsmap must be a SentencePiece character map, found \"AAAA\""
      ),
      (
        "{\"decoder\":{\"type\":\"Fusion\"},\(model)}",
        "tokenizer.json: decoder.type is \"Fusion\", which is not read yet; read are ByteLevel, Metaspace, ByteFallback, "
          + "Fuse, Strip, Replace, WordPiece, BPEDecoder and 2 more"
      ),
      (
        "{\"post_processor\":{\"type\":\"Pair\"},\(model)}",
        "tokenizer.json: post_processor.type is \"Pair\", which is not read yet; read are TemplateProcessing, ByteLevel, "
          + "RobertaProcessing, BertProcessing, Sequence"
      ),
      (
        "{\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[]},\(model)}",
        "tokenizer.json: post_processor.single must be a template with one Sequence, found an empty array"
      ),
      ("{}", "tokenizer.json: model.type is missing; it must be a string"),
      (
        #"{"model":{"type":"WordLevel","vocab":{"a":0,"b":0}}}"#,
        "tokenizer.json: the tokens \"a\" and \"b\" both have the id 0"
      ),
      (
        #"{"model":{"type":"WordLevel","vocab":{"a":-1}}}"#,
        "tokenizer.json: model.vocab.a must be a token id, an integer that is not negative, found -1"
      ),
      (
        "{\"added_tokens\":[{\"id\":5,\"content\":\"b\"}],\(model)}",
        "tokenizer.json: the added token \"b\" has the id 5, but the vocabulary gives it 1"
      ),
      (
        "{\"added_tokens\":[{\"id\":1,\"content\":\"c\"}],\(model)}",
        "tokenizer.json: the tokens \"b\" and \"c\" both have the id 1"
      ),
      (
        "{\"added_tokens\":[{\"id\":7,\"content\":\"\"}],\(model)}",
        "tokenizer.json: the added token with the id 7 is empty"
      ),
      ("{", "tokenizer.json:1:2: expected a key in double quotes, found the end of the file"),
    ]
    for (text, expected) in cases { #expect(open(text) == expected) }
    #expect(
      open("{\(model)}", config: #"{"bos_token":{"content":"<s>"}}"#)
        == "tokenizer_config.json: bos_token is \"<s>\", which is not in the vocabulary")
    #expect(
      open("{\(model)}", config: #"{"pad_token":3}"#) == "tokenizer_config.json: pad_token must be a string, found 3")
  }

  @Test func anUnknownWordWithoutATokenForItIsAnError() throws {
    let file = FileBytes(#"{"model":{"type":"WordLevel","vocab":{"a":0}}}"#, name: "tokenizer.json")
    let tokenizer = try Tokenizer(json: file)
    #expect(
      message { _ = try tokenizer.encode("b") }
        == "tokenizer.json: the word \"b\" is not in the vocabulary, and neither is the token for unknown words, \"<unk>\""
    )
  }

  @Test func aMissingTokenizerIsNamed() throws {
    let folder = try TemporaryFolder()
    #expect(
      message { _ = try Tokenizer(FileSource(folder: folder.path)) }
        == "\(folder.path)/tokenizer.json: there is no such file; expected the model's tokenizer")
  }
}

/// Compares texts with the ids, ranges and decoded texts that a fixture holds.
func checkTokenizer(_ tokenizer: Tokenizer, against name: String) throws {
  let cases = try Field(FileBytes(path: fixture("tokenizers/\(name)").path)).array()
  #expect(cases.count >= 60)
  for field in cases {
    let text = try field["text"].string()
    let expected = try field["plain"].array().map { try $0.integers() }
    let tokens = try tokenizer.encode(text, addSpecial: false)
    let found = tokens.map { [$0.id, $0.range.lowerBound, $0.range.upperBound] }
    #expect(found == expected, "\(field.path): \(text.debugDescription)")
    for token in tokens { #expect(tokenizer.token(token.id) == token.text) }
    let wrapped = try field["wrapped"].array(or: field["plain"].array()).map { try $0[0].integer() }
    #expect(try tokenizer.encode(text).map(\.id) == wrapped, "\(field.path): \(text.debugDescription)")
    let ids = tokens.map(\.id)
    // By bytes: Swift's == takes "é" and "e\u{301}" for the same text.
    let decoded = tokenizer.decode(ids, skipSpecial: false)
    #expect(decoded.hasSameBytes(as: try field["decoded"].string()), "\(field.path)")
    #expect(tokenizer.decode(ids).hasSameBytes(as: try field["skipped"].string()), "\(field.path)")
  }
}
