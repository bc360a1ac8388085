import Interpreter
import Syntax

/// What the shell gives whoever makes its session.
public struct SessionSetup {
  /// Where `print` writes, line by line.
  public var output: (String) -> Void
  /// Set by Ctrl-C.
  public var interruption: Interruption
  /// Finds the files of `use`.
  public var loader: any SourceLoader
  /// Processor cores to use; nil leaves the choice.
  public var threads: Int?
}

/// A session with what belongs to it.
public struct Workbench {
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
public typealias WorkbenchFactory = (SessionSetup) throws -> Workbench
