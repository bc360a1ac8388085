import Synchronization

/// Large buffers that nobody uses at the moment. Fresh pages cost far more than the work most operations do on them, so a
/// freed buffer is kept for the next tensor of about its size, up to a limit for all.
enum BufferPool {
  private static let smallest = 1 << 15, limit = 1 << 28

  private struct Shelf {
    var free: [Int: [UInt]] = [:]
    var kept = 0
  }
  private static let shelf = Mutex(Shelf())

  /// How many bytes are set aside for a request: small ones as they are, larger ones rounded up to a quarter of a power of
  /// two, so that sizes that come close share buffers.
  static func capacity(for byteCount: Int) -> Int {
    if byteCount < smallest { return max(byteCount, 1) }
    let step = (1 << (Int.bitWidth - 1 - byteCount.leadingZeroBitCount)) / 4
    return (byteCount + step - 1) / step * step
  }

  static func take(_ capacity: Int) -> UnsafeMutableRawPointer {
    if capacity >= smallest {
      let address = shelf.withLock { shelf -> UInt? in
        guard let address = shelf.free[capacity]?.popLast() else { return nil }
        shelf.kept -= capacity
        return address
      }
      if let address, let pointer = UnsafeMutableRawPointer(bitPattern: address) { return pointer }
    }
    return .allocate(byteCount: capacity, alignment: 64)
  }

  static func give(_ pointer: UnsafeMutableRawPointer, _ capacity: Int) {
    if capacity >= smallest {
      let kept = shelf.withLock { shelf in
        if shelf.kept + capacity > limit { return false }
        shelf.free[capacity, default: []].append(UInt(bitPattern: pointer))
        shelf.kept += capacity
        return true
      }
      if kept { return }
    }
    pointer.deallocate()
  }
}
