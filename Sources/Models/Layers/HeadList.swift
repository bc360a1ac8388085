import Kernels

/// The heads of an attention call, in memory that is reused from layer to layer.
final class HeadList {
  let base: UnsafeMutablePointer<sk_attention_head>
  private let capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = capacity
    base = .allocate(capacity: max(capacity, 1))
  }

  deinit { base.deallocate() }

  func removeAll() { count = 0 }

  func append(_ head: sk_attention_head) {
    precondition(count < capacity)
    (base + count).initialize(to: head)
    count += 1
  }
}
