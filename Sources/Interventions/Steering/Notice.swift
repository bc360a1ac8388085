import Synchronization

/// Something a user should know about a run that is not an error: an edit that found no token, a site nothing reads.
public struct Notice: Sendable, Hashable, CustomStringConvertible {
  public enum Level: String, Sendable { case info, warning }

  public let level: Level
  public let message: String

  public init(_ level: Level, _ message: String) {
    self.level = level
    self.message = message
  }

  public var description: String { "\(level.rawValue): \(message)" }
}

/// Collects notices and passes each on once, however many samples and runs cause it.
public final class NoticeBoard: Sendable {
  private struct Seen {
    var notices: [Notice] = []
    var topics: Set<String> = []
  }

  private let seen = Mutex(Seen())
  private let report: @Sendable (Notice) -> Void

  public init(report: @escaping @Sendable (Notice) -> Void = { _ in }) { self.report = report }

  public var notices: [Notice] { seen.withLock { $0.notices } }

  /// - Parameter topic: what it is about, where the message names one sample of perhaps many: the first stands for all.
  func post(_ notice: Notice, topic: String? = nil) {
    let isNew = seen.withLock { seen in
      guard seen.topics.insert(topic ?? notice.description).inserted else { return false }
      seen.notices.append(notice)
      return true
    }
    if isNew { report(notice) }
  }
}
