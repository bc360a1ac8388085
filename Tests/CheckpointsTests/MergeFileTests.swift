import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// `vocab.json` and `merges.txt` against the classes of transformers that read them (scripts/fixtures/merge_files.py).
@Suite struct MergeFileTests {
  private static let lines = TokenizerLines.make(10_000, seed: 1)

  private func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(FileSource(folder: fixture("tokenizers/merges/\(name)").path))
  }

  /// Ids, ranges, ids with the template's tokens, and both decoded texts; every eighth line has an added token in it.
  @Test(arguments: ["gpt2", "opt", "older", "phi", "qwen2", "clip"]) func everyLineEqualsTransformers(_ name: String)
    throws
  {
    let tokenizer = try tokenizer(name)
    let sums = try FileBytes(path: fixture("tokenizers/merges/\(name).sums").path).content
    try #require(sums.count == 2 * Self.lines.count)
    let added = tokenizer.added.tokens.sorted { $0.id < $1.id }.map(\.content)
    var different: [String] = []
    for (index, own) in Self.lines.enumerated() {
      let line = index % 8 == 0 ? own + added[index / 8 % added.count] + own : own
      let whole = try tokenizer.encode(line).map(\.id)
      var content: [UInt8] = []
      func append(_ number: Int) { withUnsafeBytes(of: Int32(number).littleEndian) { content += $0 } }
      for token in try tokenizer.encode(line, addSpecial: false) {
        for number in [token.id, token.range.lowerBound, token.range.upperBound] { append(number) }
      }
      whole.forEach(append)
      for skips in [false, true] { content += tokenizer.decode(whole, skipSpecial: skips).utf8 }
      let sum = UInt16(truncatingIfNeeded: content.withUnsafeBytes { zipChecksum($0) })
      if sum != UInt16(sums[2 * index]) | UInt16(sums[2 * index + 1]) << 8 { different.append(line) }
    }
    #expect(
      different.isEmpty, "\(different.count) lines, such as \(different.prefix(3).map(\.debugDescription))")
  }

  @Test func rolesAreThoseOfTheFiles() throws {
    let gpt2 = try tokenizer("gpt2").special
    #expect(gpt2.beginning?.text == "<|endoftext|>" && gpt2.end == gpt2.beginning && gpt2.unknown == gpt2.beginning)
    #expect(gpt2.padding == nil)
    let older = try tokenizer("older")
    #expect(older.special.beginning?.text == "<s>" && older.special.end?.text == "<img>")
    #expect(older.special.others.map(\.text) == ["<extra>"] && older.isSpecial(older.count - 1))
    let word = try #require(older.id(of: "[word]"))
    #expect(!older.isSpecial(word))
    let qwen2 = try tokenizer("qwen2").special
    #expect(qwen2.beginning == nil && qwen2.unknown == nil && qwen2.end?.text == "<|im_end|>")
    #expect(qwen2.others.map(\.text) == ["<|im_start|>", "<|im_end|>"])
  }

  /// transformers goes by the order of further tokens; a folder's ids are what its weights were trained with.
  @Test func idsAreThoseOfTheFiles() throws {
    let config =
      #"{"tokenizer_class":"GPT2Tokenizer","pad_token":"[p]","added_tokens_decoder":{"9":{"content":"[c]"},"5":{"content":"[d]"}}}"#
    let files = ["vocab.json": #"{"a":0,"b":1}"#, "merges.txt": "", "tokenizer_config.json": config]
    let bytes = Dictionary(uniqueKeysWithValues: files.map { ($0, FileBytes($1, name: $0)) })
    let tokenizer = try Tokenizer(FileSource(name: "m", files: bytes))
    #expect(try tokenizer.ids(of: "a[c]b[d][p]<|endoftext|>") == [0, 9, 1, 5, 11, 10])
    #expect(tokenizer.special.padding?.id == 11 && tokenizer.special.end?.id == 10)
    #expect(!tokenizer.isSpecial(9) && tokenizer.isSpecial(11))
  }

  private func open(_ files: [String: String]) -> String? {
    var all = ["vocab.json": #"{"a":0,"b":1,"ab":2}"#, "merges.txt": "#version: 0.2\na b\n"]
    all["tokenizer_config.json"] = #"{"tokenizer_class":"GPT2Tokenizer"}"#
    for (name, text) in files { all[name] = text.isEmpty ? nil : text }
    let bytes = Dictionary(uniqueKeysWithValues: all.map { ($0, FileBytes($1, name: $0)) })
    return message { _ = try Tokenizer(FileSource(name: "m", files: bytes)) }
  }

  @Test func theClassIsNamedOrMeant() {
    let known = "GPT2Tokenizer, CodeGenTokenizer, Qwen2Tokenizer, CLIPTokenizer"
    #expect(open([:]) == nil)
    #expect(open(["tokenizer_config.json": "", "config.json": #"{"model_type":"qwen2"}"#]) == nil)
    #expect(open(["tokenizer_config.json": "", "config.json": #"{"tokenizer_class":"CodeGenTokenizer"}"#]) == nil)
    #expect(
      open(["tokenizer_config.json": #"{"tokenizer_class":"RobertaTokenizerFast"}"#])
        == "tokenizer_config.json: tokenizer_class is \"RobertaTokenizerFast\", which is not read yet; read are \(known)"
    )
    #expect(
      open(["tokenizer_config.json": "", "config.json": #"{"model_type":"roberta"}"#])
        == "m/tokenizer_config.json: tokenizer_class is missing; it must be the class that says how vocab.json and "
        + "merges.txt are used: \(known)")
    #expect(
      open(["tokenizer_config.json": #"{"tokenizer_class":3}"#])
        == "tokenizer_config.json: tokenizer_class must be a string, found 3")
  }

  @Test func badFilesAreNamed() {
    let config = #"{"tokenizer_class":"GPT2Tokenizer","added_tokens_decoder":"#
    let cases: [(String, String, String)] = [
      ("merges.txt", "a b c\n", "merges.txt: line 1 is \"a b c\", which is not supported: a merge is two tokens"),
      ("merges.txt", "#version: 0.2\na c", "merges.txt: line 2 needs the token \"c\", which is not in the vocabulary"),
      ("merges.txt", "\nb a", "merges.txt: line 2 needs the token \"ba\", which is not in the vocabulary"),
      ("merges.txt", "", "m/merges.txt: there is no such file; expected the merges that belong to vocab.json"),
      ("vocab.json", "[]", "vocab.json: "), ("vocab.json", #"{"a":-1}"#, "vocab.json: a must be a token id"),
      ("added_tokens.json", #"{"a":7}"#, "added_tokens.json: the added token \"a\" has the id 7, but the vocabulary"),
      (
        "added_tokens.json", #"{"c":2147483647}"#,
        "added_tokens.json: the token \"c\" has the id 2147483647, which is out of proportion to 4 tokens"
      ),
      ("added_tokens.json", #"{"c":1}"#, "added_tokens.json: the tokens \"b\" and \"c\" both have the id 1"),
      ("added_tokens.json", #"{"c":-1}"#, "added_tokens.json: c must be an integer from 0 to 2147483647, found -1"),
      (
        "special_tokens_map.json", #"{"bos_token":{"content":3}}"#,
        "tokenizer_config.json with special_tokens_map.json: bos_token.content must be a string, found 3"
      ),
      ("special_tokens_map.json", "[]", "special_tokens_map.json: "),
      (
        "tokenizer_config.json", config + #"{"x":{"content":"c"}}}"#,
        "tokenizer_config.json: added_tokens_decoder.x must be under a token id"
      ),
      (
        "tokenizer_config.json", config + #"{"3":{"content":"c"},"4":{"content":"c"}}}"#,
        "tokenizer_config.json: the token \"c\" is there twice, with the ids 3 and 4"
      ),
    ]
    for (name, text, expected) in cases {
      let found = open([name: text]) ?? "nothing"
      #expect(found.hasPrefix(expected), "\(found)")
    }
  }

  /// A folder that has both is read by its `tokenizer.json`.
  @Test func tokenizerJSONComesFirst() {
    let whole = #"{"model":{"type":"WordLevel","vocab":{"a":0}}}"#
    #expect(open(["tokenizer.json": whole, "merges.txt": "", "tokenizer_config.json": "{}"]) == nil)
  }
}
