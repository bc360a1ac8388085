/// What is wrong with a tokenizer file, or with what is asked of a tokenizer.
public enum TokenizerProblem: Equatable, Sendable {
  /// A part of a kind that is not read. `field` is its place in the file.
  case unsupported(field: String, found: String, read: [String])
  case sharedId(id: Int, first: String, second: String)
  case addedTokenMoved(token: String, added: Int, vocabulary: Int)
  case specialTokenUnknown(field: String, token: String)
  case emptyToken(id: Int)
  /// An id so far beyond the number of tokens that the file must be damaged.
  case idTooLarge(token: String, id: Int, tokens: Int)
  /// One token with two ids.
  case sharedToken(token: String, first: Int, second: Int)
  /// A merge of, or to, what is no token.
  case unknownMerge(field: String, token: String)
  /// A value that is understood and cannot be done.
  case unsupportedValue(field: String, found: String, why: String)
  /// A pattern that is no regular expression.
  case badPattern(field: String, pattern: String)
  /// Bytes that are not what the format says. `at` is the place in the file.
  case damaged(at: Int, expected: String)
  /// Part of a text that a unigram vocabulary without an unknown token lacks.
  case unknownPiece(String)
  case textTooLong(bytes: Int)
  case vocabularyTooLarge(bytes: Int, limit: Int)
  /// A word that the vocabulary lacks, in a vocabulary without a token for such words.
  case unknownWord(String, unknownToken: String)
}

extension TokenizerProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unsupported(let field, let found, let read):
      "\(field) is \"\(found)\", which is not read yet; read \(read.count == 1 ? "is" : "are") \(listing(read))"
    case .sharedId(let id, let first, let second): "the tokens \"\(first)\" and \"\(second)\" both have the id \(id)"
    case .addedTokenMoved(let token, let added, let vocabulary):
      "the added token \"\(token)\" has the id \(added), but the vocabulary gives it \(vocabulary)"
    case .specialTokenUnknown(let field, let token): "\(field) is \"\(token)\", which is not in the vocabulary"
    case .emptyToken(let id): "the added token with the id \(id) is empty"
    case .idTooLarge(let token, let id, let tokens):
      "the token \"\(token)\" has the id \(id), which is out of proportion to \(tokens) tokens"
    case .sharedToken(let token, let first, let second):
      "the token \"\(token)\" is there twice, with the ids \(first) and \(second)"
    case .unknownMerge(let field, let token): "\(field) needs the token \"\(token)\", which is not in the vocabulary"
    case .unsupportedValue(let field, let found, let why): "\(field) is \(found), which is not supported: \(why)"
    case .badPattern(let field, let pattern): "\(field) is \"\(pattern)\", which is no regular expression that is read"
    case .damaged(let place, let expected): "byte \(place): expected \(expected)"
    case .textTooLong(let bytes): "a text of \(bytes) bytes is too long to be encoded at once"
    case .vocabularyTooLarge(let bytes, let limit):
      "the vocabulary takes \(bytes) bytes, and \(limit) at most are read; is this a tokenizer?"
    case .unknownPiece(let text):
      "\"\(text)\" is not in the vocabulary, and model.unk_id names no token for what is unknown"
    case .unknownWord(let word, let token):
      "the word \"\(word)\" is not in the vocabulary, and neither is the token for unknown words, \"\(token)\""
    }
  }
}
