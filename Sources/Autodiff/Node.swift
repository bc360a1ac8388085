import Synchronization
import Tensors

/// One operation of a graph, or a leaf.
final class Node: @unchecked Sendable {
  /// Larger than that of every node it was made of.
  let sequence: UInt64
  /// Nil for leaves.
  let rule: Rule?
  /// A node for each input, nil for those that are constant.
  private(set) var inputs: [Node?]
  private(set) var vjp: ((Tensor) throws -> [Tensor?])?
  /// What a checkpoint does instead: it passes gradients on by itself.
  let checkpoint: ((Tensor, inout Gradients) throws -> Void)?

  private static let next = Atomic<UInt64>(1)
  /// The number that the next node will have.
  static var horizon: UInt64 { next.load(ordering: .relaxed) }

  init(
    rule: Rule?, inputs: [Node?], vjp: ((Tensor) throws -> [Tensor?])?,
    checkpoint: ((Tensor, inout Gradients) throws -> Void)? = nil
  ) {
    sequence = Self.next.wrappingAdd(1, ordering: .relaxed).oldValue
    self.rule = rule
    self.inputs = inputs
    self.vjp = vjp
    self.checkpoint = checkpoint
  }

  var isLeaf: Bool { rule == nil }

  /// Frees long chains one by one: a chain of a hundred thousand operations would overflow the stack otherwise.
  deinit {
    var orphans = Self.orphans(inputs)
    inputs = []
    vjp = nil
    while var node = orphans.popLast() {
      guard isKnownUniquelyReferenced(&node) else { continue }
      let own = node.inputs
      // Its closure holds the same inputs' tensors, not their nodes.
      node.inputs = []
      node.vjp = nil
      orphans += Self.orphans(own)
    }
  }

  private static func orphans(_ inputs: [Node?]) -> [Node] { inputs.compactMap { $0 } }
}
