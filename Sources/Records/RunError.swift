import GRDB

/// What can go wrong with the file that runs are kept in.
public enum RunError: Error, Equatable, Sendable {
  /// The file is no database, or not a whole one.
  case damaged(path: String, reason: String)
  /// A later version of steersh has written it.
  case newer(path: String)
  /// The folder or the file cannot be made, read or written.
  case unusable(path: String, reason: String)
  /// Another process has it for longer than was waited.
  case busy(path: String)
  /// The disk is full.
  case full(path: String)
  /// What was read makes no sense.
  case malformed(path: String, run: Int, field: String)
  case noRun(Int, known: Int)
  case noRuns
  /// A run that is going on.
  case isRunning(Int)
  /// What is no day of the calendar.
  case noDay(String)
}

extension RunError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .damaged(let path, let reason):
      "\(path) is damaged (\(reason)) and was left as it is; `sqlite3 \(path) .recover` prints what can be saved, and "
        + "when the file is moved away a new one is made"
    case .newer(let path):
      "\(path) was written by a newer steersh; use that one, or give another folder with --runs"
    case .unusable(let path, let reason): "cannot use \(path): \(reason)"
    case .busy(let path): "cannot use \(path): another process has kept it locked for too long"
    case .full(let path): "cannot write \(path): the disk is full"
    case .malformed(let path, let run, let field):
      "\(path): run \(run) has a `\(field)` that cannot be read; the other runs are not touched by that"
    case .noRun(let id, let known):
      "there is no run \(id)\(known > 0 ? "; the last one is \(known)" : ", nor any other")"
    case .isRunning(let id): "run \(id) is running; end it before it is deleted"
    case .noDay(let text): "`\(text)` is no day; give one as 2026-11-21"
    case .noRuns: "there are no runs yet; `train`, `learn`, `sweep` and `evaluate` leave them"
    }
  }
}

extension RunError {
  /// What a database error means for whoever uses the file at `path`.
  init(_ error: any Error, path: String) {
    if let error = error as? RunError {
      self = error
      return
    }
    guard let error = error as? DatabaseError else {
      self = .unusable(path: path, reason: "\(error)")
      return
    }
    let reason = error.message ?? "\(error.resultCode)"
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT: self = .damaged(path: path, reason: reason)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
    case .SQLITE_FULL: self = .full(path: path)
    default: self = .unusable(path: path, reason: reason)
    }
  }
}
