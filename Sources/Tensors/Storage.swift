/// Bytes that a tensor reads: allocated here, or borrowed from something that keeps them alive (a mapped file).
///
/// Storage is written only while its tensor is being made; a finished tensor is immutable, so sharing it between
/// threads is safe.
public final class Storage: @unchecked Sendable {
  public let pointer: UnsafeMutableRawPointer
  public let byteCount: Int
  /// Keeps borrowed bytes alive; nil when this object owns its allocation.
  private let owner: AnyObject?

  /// Fresh 64-byte aligned memory, not initialised.
  public init(byteCount: Int) {
    self.byteCount = byteCount
    owner = nil
    pointer = BufferPool.take(BufferPool.capacity(for: byteCount))
  }

  /// Memory that `owner` keeps alive and that is only ever read.
  public init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    byteCount = bytes.count
    if let base = bytes.baseAddress {
      pointer = UnsafeMutableRawPointer(mutating: base)
      self.owner = owner
    } else {
      pointer = BufferPool.take(BufferPool.capacity(for: 0))
      self.owner = nil
    }
  }

  deinit {
    if owner == nil { BufferPool.give(pointer, BufferPool.capacity(for: byteCount)) }
  }
}
