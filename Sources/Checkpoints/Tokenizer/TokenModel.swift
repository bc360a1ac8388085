/// What turns one word into tokens. One file for each kind that `tokenizer.json` can name.
protocol TokenModel: Sendable {
  var count: Int { get }
  func token(_ id: Int) -> String?
  func id(of token: String) -> Int?
  /// Appends the tokens of the word at `range`.
  func append(_ bytes: [UInt8], _ range: Range<Int>, to tokens: inout [Token]) throws
}

/// A word that a model cannot turn into tokens; the tokenizer adds the file's name.
struct TokenModelFailure: Error {
  let problem: TokenizerProblem
}
