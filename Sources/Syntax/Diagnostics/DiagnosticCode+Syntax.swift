extension DiagnosticCode {
  /// Every code of the lexer and the parser, in order.
  public static let syntax: [DiagnosticCode] = [
    .unterminatedString, .unknownEscape, .malformedNumber, .numberOutOfRange, .unexpectedCharacter, .invalidUTF8,
    .expectedExpression, .expectedEndOfStatement, .expectedToken, .unclosedBracket, .unmatchedBracket, .expectedName,
    .reservedName, .chainedOperator, .equalsSign, .assignmentTarget, .tuple, .blockParameters, .operatorUpdate,
    .operatorMember, .nestedDeclaration, .resultWithBody, .plainString, .tooDeep, .duplicateName, .tooManyErrors,
    .pipeTarget, .negatedComparison,
  ]

  // Lexer.
  public static let unterminatedString = DiagnosticCode("E0101", "a string has no closing quote on its line")
  public static let unknownEscape = DiagnosticCode("E0102", "a string holds an escape that does not exist")
  public static let malformedNumber = DiagnosticCode("E0103", "a number is not written as one")
  public static let numberOutOfRange = DiagnosticCode("E0104", "a number does not fit into 64 bits")
  public static let unexpectedCharacter = DiagnosticCode("E0105", "a character means nothing outside of strings")
  public static let invalidUTF8 = DiagnosticCode("E0106", "the text is not UTF-8")

  // Parser.
  public static let expectedExpression = DiagnosticCode("E0201", "an expression is missing")
  public static let expectedEndOfStatement = DiagnosticCode("E0202", "a statement goes on where it should end")
  public static let expectedToken = DiagnosticCode("E0203", "a sign or keyword is missing")
  public static let unclosedBracket = DiagnosticCode("E0204", "a bracket is never closed")
  public static let unmatchedBracket = DiagnosticCode("E0205", "a closing bracket closes nothing")
  public static let expectedName = DiagnosticCode("E0206", "a name is missing")
  public static let reservedName = DiagnosticCode("E0207", "a keyword stands where a new name is made")
  public static let chainedOperator = DiagnosticCode("E0208", "an operator that does not chain is chained")
  public static let equalsSign = DiagnosticCode("E0209", "`=` stands outside of a declaration")
  public static let assignmentTarget = DiagnosticCode("E0210", "something else than a name is assigned to")
  public static let tuple = DiagnosticCode("E0211", "parentheses hold several values without names")
  public static let blockParameters = DiagnosticCode("E0212", "a block with parameters follows no call")
  public static let operatorUpdate = DiagnosticCode("E0213", "an operator lacks its update `h -> …`")
  public static let operatorMember = DiagnosticCode("E0214", "an operator's body holds a statement it cannot")
  public static let nestedDeclaration = DiagnosticCode("E0215", "a declaration stands inside an expression")
  public static let resultWithBody = DiagnosticCode("E0216", "a function with a body declares its result")
  public static let plainString = DiagnosticCode("E0217", "a plain string without `{…}` is needed")
  public static let tooDeep = DiagnosticCode("E0218", "the program is nested too deeply")
  public static let duplicateName = DiagnosticCode("E0219", "one list gives the same name twice")
  public static let tooManyErrors = DiagnosticCode("E0220", "errors beyond the limit are not shown")
  public static let pipeTarget = DiagnosticCode("E0221", "a pipe leads to something that is no function")
  public static let negatedComparison = DiagnosticCode("W0201", "`not` binds tighter than the comparison after it")
}
