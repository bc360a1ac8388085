/// How far a run has come.
public enum RunStatus: String, Sendable, CaseIterable {
  case running
  case finished
  /// An error ended it.
  case failed
  /// Ctrl-C ended it.
  case interrupted
  /// It has no end, and its process is gone: killed, or the machine went down.
  case unfinished
}
