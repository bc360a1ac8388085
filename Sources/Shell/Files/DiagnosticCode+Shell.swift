import Syntax

extension DiagnosticCode {
  /// Every code of the shell.
  public static let shell: [DiagnosticCode] = [.unusableFile]

  public static let unusableFile = DiagnosticCode("E0601", "a file named on the command line cannot be read or written")
}

extension FileError {
  var diagnostic: Diagnostic { Diagnostic(.unusableFile, description, at: nil) }
}
