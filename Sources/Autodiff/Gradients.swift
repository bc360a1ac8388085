import Tensors

/// What `Variable.backward` found: a gradient for every leaf.
public struct Gradients {
  /// By node; sums in the order in which the consumers were visited, which is that of the graph.
  private var sums: [ObjectIdentifier: Tensor] = [:]
  /// Keeps the leaves alive as long as their identities are used.
  private var leaves: [Node] = []

  init() {}

  /// The gradient of a leaf, of its shape; nil when the result does not depend on it.
  public subscript(leaf: Variable) -> Tensor? { leaf.node.flatMap { sums[ObjectIdentifier($0)] } }

  /// Whether the result depends on other leaves than these.
  public func hasLeaves(beside known: [Variable]) -> Bool {
    let own = Set(known.compactMap { $0.node.map(ObjectIdentifier.init) })
    return leaves.contains { !own.contains(ObjectIdentifier($0)) }
  }

  /// Passes gradients from nodes to their inputs until only leaves and nodes at or below `horizon` hold any.
  ///
  /// A node is visited when all that was made of it has been: consumers are always younger, so the youngest node that
  /// waits is next.
  mutating func flow(from seeds: [(Node, Tensor)], above horizon: UInt64) throws {
    var waiting = Waiting()
    for (node, seed) in seeds { try add(seed, to: node, &waiting, above: horizon) }
    while let node = waiting.popYoungest() {
      guard let gradient = sums.removeValue(forKey: ObjectIdentifier(node)) else { continue }
      if let checkpoint = node.checkpoint {
        try checkpoint(gradient, &self)
        for (node, gradient) in takeOuter() { try add(gradient, to: node, &waiting, above: horizon) }
        continue
      }
      guard let vjp = node.vjp else { continue }
      let passed = try vjp(gradient)
      precondition(passed.count == node.inputs.count, "a derivative gives one gradient for each input")
      for (input, gradient) in zip(node.inputs, passed) {
        guard let input, let gradient else { continue }
        try add(gradient, to: input, &waiting, above: horizon)
      }
    }
  }

  /// Gradients that a checkpoint's own flow left for nodes that are older than it.
  private var outer: [(Node, Tensor)] = []

  private mutating func takeOuter() -> [(Node, Tensor)] {
    defer { outer = [] }
    return outer
  }

  private mutating func add(_ gradient: Tensor, to node: Node, _ waiting: inout Waiting, above horizon: UInt64) throws {
    if node.sequence < horizon {
      outer.append((node, gradient))
      return
    }
    let key = ObjectIdentifier(node)
    if let sum = sums[key] {
      sums[key] = try sum.adding(gradient)
      return
    }
    sums[key] = gradient
    if node.isLeaf { leaves.append(node) } else { waiting.insert(node) }
  }

  /// The gradients that a checkpoint's recomputation gives to what it was made of.
  ///
  /// - Parameters:
  ///   - horizon: nodes with a smaller number existed before the recomputation.
  ///   - locals: the recomputation's own leaves, which stand for `inputs`.
  mutating func flowThroughCheckpoint(
    from output: Node, _ gradient: Tensor, above horizon: UInt64, locals: [Variable], inputs: [Node?]
  ) throws {
    var inner = Gradients()
    try inner.flow(from: [(output, gradient)], above: horizon)
    for (local, input) in zip(locals, inputs) {
      if let input, let gradient = inner[local] { outer.append((input, gradient)) }
    }
    outer += inner.outer
  }
}

/// Nodes in a heap, the youngest first.
private struct Waiting {
  private var heap: [Node] = []

  mutating func insert(_ node: Node) {
    heap.append(node)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[parent].sequence < heap[child].sequence else { return }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  mutating func popYoungest() -> Node? {
    guard let youngest = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return youngest }
    heap[0] = last
    var parent = 0
    while true {
      var largest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
        if heap[child].sequence > heap[largest].sequence { largest = child }
      }
      guard largest != parent else { return youngest }
      heap.swapAt(parent, largest)
      parent = largest
    }
  }
}
