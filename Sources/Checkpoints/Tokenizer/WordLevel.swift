/// One token for each word that the vocabulary knows, and one for all others.
struct WordLevel: TokenModel {
  private let ids: [UTF8Key: Int]
  private let tokens: [Int: String]
  private let unknownToken: String

  var count: Int { ids.count }

  /// - Parameter field: `model` in `tokenizer.json`.
  init(_ field: Field) throws {
    let vocabulary = field["vocab"]
    var ids: [UTF8Key: Int] = [:]
    var tokens: [Int: String] = [:]
    for (token, value) in try vocabulary.object().entries {
      guard case .integer(let id) = value, (0...Int(Int32.max)).contains(id) else {
        throw vocabulary[token].mustBe("a token id, an integer that is not negative")
      }
      if let first = tokens.updateValue(token, forKey: id) {
        throw CheckpointError(field.file, .tokenizer(.sharedId(id: id, first: first, second: token)))
      }
      ids[UTF8Key(token)] = id
    }
    self.ids = ids
    self.tokens = tokens
    unknownToken = try field["unk_token"].string(or: "<unk>")
  }

  func token(_ id: Int) -> String? { tokens[id] }
  func id(of token: String) -> Int? { ids[UTF8Key(token)] }

  func append(_ bytes: [UInt8], _ range: Range<Int>, to result: inout [Token]) throws {
    let word = String(decoding: bytes[range], as: UTF8.self)
    if let id = id(of: word) {
      result.append(Token(id: id, text: word, range: range))
    } else if let id = id(of: unknownToken) {
      result.append(Token(id: id, text: unknownToken, range: range, isUnknown: true))
    } else {
      throw TokenModelFailure(problem: .unknownWord(word, unknownToken: unknownToken))
    }
  }
}
