import Synchronization

/// A request to stop, set from a signal handler or another thread and polled by the machine at calls and loop turns.
public final class Interruption: Sendable {
  private let requests = Atomic<Int>(0)

  public init() {}

  /// Asks the running script to stop. Safe in a signal handler.
  public func request() { requests.add(1, ordering: .relaxed) }

  /// How often a stop was requested since the last `clear`.
  @inlinable public var count: Int { load() }

  @usableFromInline func load() -> Int { requests.load(ordering: .relaxed) }

  /// Inside this module the test is one load.
  @inline(__always) var isRequested: Bool { requests.load(ordering: .relaxed) != 0 }

  public func clear() { requests.store(0, ordering: .relaxed) }
}
