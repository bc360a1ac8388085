import Interpreter
import Records
import Syntax

/// What the shell gives whoever makes its session.
public struct SessionSetup {
  /// Where `print` writes, line by line.
  public var output: (String) -> Void
  /// Set by Ctrl-C.
  public var interruption: Interruption
  /// Finds the files of `use`.
  public var loader: any SourceLoader
  /// Shows a line beside the script's output, on standard error.
  public var notify: @Sendable (String) -> Void
  /// Told what long work runs, how many steps are done, how many there are, and a note such as its loss. Work inside work may report, too: the
  /// line shows both, from the outside in, until the inner is done.
  public var progress: @Sendable (_ label: String, _ done: Int, _ total: Int, _ note: String) -> Void
  /// Processor cores to use; nil leaves the choice.
  public var threads: Int?
  /// Keeps records of runs.
  public var records: RunRecorder
}

/// A session with what belongs to it.
public struct ShellSession {
  public let session: Session
  /// Kept alive with the session, which holds its host weakly.
  public let host: AnyObject?
  /// What is wrong with a script, found without running it.
  public var check: (SourceText) -> [Diagnostic]
  /// What can follow a path literal's segments so far: `["layers"]` for `.layers[*].`; for completion.
  public var pathSegments: ([String]) -> [String]

  public init(
    _ session: Session, host: AnyObject? = nil, check: ((SourceText) -> [Diagnostic])? = nil,
    pathSegments: @escaping ([String]) -> [String] = { _ in [] }
  ) {
    self.session = session
    self.host = host
    self.check = check ?? { session.check($0) }
    self.pathSegments = pathSegments
  }
}

/// Makes a session: once at the start, and again for `:reset`.
public typealias SessionFactory = (SessionSetup) throws -> ShellSession
