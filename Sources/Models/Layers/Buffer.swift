/// Floats that a forward pass works in: allocated before it, 64-byte aligned, not initialised.
final class Buffer {
  private(set) var pointer: UnsafeMutablePointer<Float>
  private(set) var capacity: Int

  init(_ capacity: Int) {
    self.capacity = capacity
    pointer = Self.allocate(capacity)
  }

  /// Makes room for `count` floats; what was in it is lost when it grows.
  func reserve(_ count: Int) {
    guard count > capacity else { return }
    UnsafeMutableRawPointer(pointer).deallocate()
    capacity = count
    pointer = Self.allocate(count)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
      .bindMemory(to: Float.self, capacity: max(count, 1))
  }
}
