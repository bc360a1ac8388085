/// How a caller stops a long run.
public struct RunControl {
  /// Asked between blocks and between generated tokens; true ends the run with `ModelError.interrupted`.
  public var isCancelled: (() -> Bool)?

  public init(isCancelled: (() -> Bool)? = nil) { self.isCancelled = isCancelled }

  /// - Throws: `ModelError.interrupted`.
  public func check() throws {
    if let isCancelled, isCancelled() { throw ModelError.interrupted }
  }
}
