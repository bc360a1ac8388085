/// What is wrong with a tokenizer file, or with what is asked of a tokenizer.
public enum TokenizerProblem: Equatable, Sendable {
  /// A part of a kind that is not read. `field` is its place in the file.
  case unsupported(field: String, found: String, read: [String])
  case sharedId(id: Int, first: String, second: String)
  case addedTokenMoved(token: String, added: Int, vocabulary: Int)
  case specialTokenUnknown(field: String, token: String)
  case emptyToken(id: Int)
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
    case .unknownWord(let word, let token):
      "the word \"\(word)\" is not in the vocabulary, and neither is the token for unknown words, \"\(token)\""
    }
  }
}
