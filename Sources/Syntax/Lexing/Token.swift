/// The smallest piece of a source text that means something.
public struct Token: Sendable {
  public let kind: TokenKind
  public let span: Span
  /// A line break lies between the token before and this one. Whether it ends a statement is for the parser to say.
  public let newlineBefore: Bool
  /// Space, a comment or a line break lies between the token before and this one.
  public let spaceBefore: Bool
  /// How many comments stand before this token in the whole text.
  let commentsBefore: Int
  /// The lexer made it up, and has said why, so the parser need not complain again.
  let isRepair: Bool
}

public enum TokenKind: UInt8, Sendable {
  case endOfFile
  /// What the lexer could not read and has reported.
  case invalid

  case name, integer, float
  /// `'raw'` with its quotes.
  case rawString
  /// `"a {b}"` is stringStart, stringText, interpolationStart, …, interpolationEnd, stringEnd.
  case stringStart, stringText, interpolationStart, interpolationEnd, stringEnd

  case `fn`, `let`, `var`, `if`, `else`, `for`, `in`, `while`, `return`, `break`, `continue`, `operator`, expect
  case and, or, not, `true`, `false`, `nil`
  // Keywords only where they have their meaning, names elsewhere.
  case on, with, by, div, use, input, seed, param

  case leftParenthesis, rightParenthesis, leftBracket, rightBracket, leftBrace, rightBrace
  case comma, colon, semicolon, dot, equals, assign, arrow
  case pipe, yields, range, halfOpenRange
  case plus, minus, star, slash, percent, at, power
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

  /// How the token is written, for those that are always written the same.
  public var spelling: String? { Self.spellings[self] }

  /// Reserved words and the words that are keywords only in their place.
  public var isKeyword: Bool { rawValue >= TokenKind.fn.rawValue && rawValue <= TokenKind.param.rawValue }

  /// Keywords that are plain names wherever their own meaning is impossible.
  var isSoftKeyword: Bool { rawValue >= TokenKind.on.rawValue && rawValue <= TokenKind.param.rawValue }

  /// A name, or a keyword that stands where only a name can.
  var isWord: Bool { self == .name || isKeyword }

  static let keywords: [String: TokenKind] = {
    var table: [String: TokenKind] = [:]
    for (kind, spelling) in spellings where kind.isKeyword { table[spelling] = kind }
    return table
  }()

  private static let spellings: [TokenKind: String] = [
    .fn: "fn", .let: "let", .var: "var", .if: "if", .else: "else", .for: "for", .in: "in", .while: "while",
    .return: "return", .break: "break", .continue: "continue", .operator: "operator", .expect: "expect",
    .and: "and", .or: "or", .not: "not", .true: "true", .false: "false", .nil: "nil",
    .on: "on", .with: "with", .by: "by", .div: "div", .use: "use", .input: "input", .seed: "seed", .param: "param",
    .leftParenthesis: "(", .rightParenthesis: ")", .leftBracket: "[", .rightBracket: "]",
    .leftBrace: "{", .rightBrace: "}", .comma: ",", .colon: ":", .semicolon: ";", .dot: ".",
    .equals: "=", .assign: ":=", .arrow: "->", .pipe: "|>", .yields: "=>", .range: "..", .halfOpenRange: "..<",
    .plus: "+", .minus: "-", .star: "*", .slash: "/", .percent: "%", .at: "@", .power: "**",
    .equal: "==", .notEqual: "!=", .less: "<", .lessOrEqual: "<=", .greater: ">", .greaterOrEqual: ">=",
  ]
}

extension TokenKind {
  /// Every reserved word and word with a meaning in its place, sorted; for completion.
  public static let words: [String] = keywords.keys.sorted()
}

/// A `#` or `##` comment, without its line break.
public struct Comment: Sendable {
  public let span: Span
  /// It starts with exactly two `#`.
  public let isDocumentation: Bool
  /// Nothing but space stands before it on its line.
  public let isOnOwnLine: Bool
}
