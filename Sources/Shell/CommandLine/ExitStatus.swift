/// What the process says at its end.
enum ExitStatus: Int32, Error {
  case success = 0
  /// Evaluation failed.
  case evaluation = 1
  /// The command line is wrong, a file cannot be read, or it does not parse or resolve.
  case usage = 2
  /// An `expect` did not hold.
  case expectation = 3
  /// Ctrl-C.
  case interrupted = 130
}
