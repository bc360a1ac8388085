import Syntax

/// Finds the files that `use` names.
public protocol SourceLoader {
  /// - Parameters:
  ///   - path: as written after `use`.
  ///   - source: the name of the source that uses it; relative paths start there.
  /// - Returns: the file's text; its name must be the same for the same file, whichever way it is reached.
  func source(of path: String, usedBy source: String) throws -> SourceText
}

/// A loader that knows no files.
public struct NoSources: SourceLoader {
  public init() {}

  public func source(of path: String, usedBy source: String) throws -> SourceText {
    throw ScriptError(.badUse, "there are no files here to `use`")
  }
}
