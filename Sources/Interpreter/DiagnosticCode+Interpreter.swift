import Syntax

extension DiagnosticCode {
  /// Every code of the resolver and the evaluator, in order.
  public static let interpreter: [DiagnosticCode] = [
    .undefinedName, .alreadyDefined, .notAssignable, .misplaced, .badCall, .badUse, .tooComplex,
    .typeMismatch, .overflow, .divisionByZero, .indexOutOfRange, .badIndex, .unknownMember, .notCallable, .notIndexable,
    .notIterable, .notCondition, .badArgument, .badRange, .patternMismatch, .noValueYet, .recursionTooDeep,
    .interrupted,
    .expectationFailed, .badInput, .unboundNative, .hostFailure,
  ]

  // Resolver.
  public static let undefinedName = DiagnosticCode("E0301", "a name is not defined")
  public static let alreadyDefined = DiagnosticCode("E0302", "a name is defined twice in one place")
  public static let notAssignable = DiagnosticCode("E0303", "`:=` to something that is not a `var`")
  public static let misplaced = DiagnosticCode("E0304", "a statement stands where it has no meaning")
  public static let badCall = DiagnosticCode("E0305", "a call's arguments do not fit the function's parameters")
  public static let badUse = DiagnosticCode("E0306", "`use` of a file that cannot be read or uses itself")
  public static let tooComplex = DiagnosticCode("E0307", "a function, a file or a list is too large")

  // Evaluation.
  public static let typeMismatch = DiagnosticCode("E0401", "an operation does not exist for these types")
  public static let overflow = DiagnosticCode("E0402", "an integer result does not fit into 64 bits")
  public static let divisionByZero = DiagnosticCode("E0403", "an integer is divided by zero")
  public static let indexOutOfRange = DiagnosticCode("E0404", "an index lies outside of what is indexed")
  public static let badIndex = DiagnosticCode("E0405", "an index has the wrong type or number")
  public static let unknownMember = DiagnosticCode("E0406", "a value has no such field, and no function has the name")
  public static let notCallable = DiagnosticCode("E0407", "something that is not a function is called")
  public static let notIndexable = DiagnosticCode("E0408", "something without elements is indexed")
  public static let notIterable = DiagnosticCode("E0409", "something without elements is iterated")
  public static let notCondition = DiagnosticCode("E0410", "a condition is not `true` or `false`")
  public static let badArgument = DiagnosticCode("E0411", "an argument has the wrong type or value")
  public static let badRange = DiagnosticCode("E0412", "a range's ends or step make no range")
  public static let patternMismatch = DiagnosticCode("E0413", "a value does not have the shape of a pattern")
  public static let noValueYet = DiagnosticCode("E0414", "a name is used before its statement ran")
  public static let recursionTooDeep = DiagnosticCode("E0415", "functions call each other too deeply")
  public static let interrupted = DiagnosticCode("E0416", "the script was interrupted")
  public static let expectationFailed = DiagnosticCode("E0417", "an `expect` does not hold")
  public static let badInput = DiagnosticCode("E0418", "an input's value from the command line does not fit")
  public static let unboundNative = DiagnosticCode("E0419", "a declaration without a body has no native function")
  public static let hostFailure = DiagnosticCode("E0420", "a native function failed")
}
