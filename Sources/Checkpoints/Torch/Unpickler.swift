/// Reads one pickle: a program for a small stack machine, of which only what makes plain data is carried out.
///
/// Format: Python's pickletools, protocols 0 to 5. Every name that the program refers to is looked up in `TorchGlobal`; any other is
/// refused where it is named, before anything is made of it.
struct Unpickler {
  /// A storage that the pickle refers to: its numbers may come later in the file.
  struct StorageReference {
    let key: String
    let type: TorchType
    let count: Int
    let location: String
  }

  /// Gives the numbers of a storage; nil while they are not known, as in the legacy layout.
  typealias StorageSource = (StorageReference) throws -> TorchStorage

  static let stackLimit = 1 << 20
  static let nodeLimit = 1 << 20
  static let itemLimit = 1 << 22
  static let storageLimit = 1 << 18

  var cursor: PickleCursor
  var stack: [PickleItem] = []
  /// Heights of the stack where marks lie.
  var marks: [Int] = []
  var memo: [Int: PickleItem] = [:]
  var nodes: [PickleNode] = []
  /// How many items lie in nodes, all together.
  var itemCount = 0
  var storages: [StorageReference] = []
  var storageKeys: [UTF8Key: Int] = [:]
  private let source: StorageSource

  init(_ cursor: PickleCursor, storages source: @escaping StorageSource) {
    self.cursor = cursor
    self.source = source
  }

  /// Runs the program to its end and gives what is on top then.
  mutating func run() throws -> PickleItem {
    while true {
      let start = cursor.position
      let code = try cursor.byte("an operation")
      if code == UInt8(ascii: ".") { return try pop(start) }
      try step(code, at: start)
      guard stack.count <= Self.stackLimit, marks.count <= Self.stackLimit else {
        throw TorchProblem.tooMany(what: "items on its stack", limit: Self.stackLimit, byte: start)
      }
    }
  }

  func numbers(of place: Int) throws -> TorchStorage { try source(storages[place]) }

  func damaged(_ what: String, _ byte: Int) -> TorchProblem { .malformed(what, byte: byte) }

  mutating func pop(_ byte: Int) throws -> PickleItem {
    guard stack.count > (marks.last ?? 0), let item = stack.popLast() else {
      throw damaged("something is taken from an empty stack", byte)
    }
    return item
  }

  /// Everything above the last mark, which goes with it.
  mutating func popMark(_ byte: Int) throws -> [PickleItem] {
    guard let mark = marks.popLast(), mark <= stack.count else { throw damaged("a mark is missing", byte) }
    let items = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return items
  }

  mutating func push(_ kind: PickleNode.Kind, _ items: [PickleItem], at byte: Int) throws {
    stack.append(try node(kind, items, at: byte))
  }

  mutating func node(_ kind: PickleNode.Kind, _ items: [PickleItem], at byte: Int) throws -> PickleItem {
    guard nodes.count < Self.nodeLimit else {
      throw TorchProblem.tooMany(what: "containers", limit: Self.nodeLimit, byte: byte)
    }
    nodes.append(PickleNode(kind: kind, items: []))
    try add(items, to: nodes.count - 1, at: byte)
    return .node(nodes.count - 1)
  }

  mutating func add(_ items: [PickleItem], to place: Int, at byte: Int) throws {
    itemCount += items.count
    guard itemCount <= Self.itemLimit else {
      throw TorchProblem.tooMany(what: "entries of containers", limit: Self.itemLimit, byte: byte)
    }
    nodes[place].items += items
  }

  /// Adds to the container on top of the stack.
  mutating func extend(_ kind: PickleNode.Kind, with items: [PickleItem], at byte: Int) throws {
    guard case .node(let place)? = stack.last, stack.count > (marks.last ?? 0), nodes[place].kind == kind else {
      throw damaged("entries are added to what is no \(kind == .list ? "list" : "dictionary")", byte)
    }
    guard kind == .list || items.count.isMultiple(of: 2) else { throw damaged("a key has no value", byte) }
    try add(items, to: place, at: byte)
  }

  mutating func remember(_ key: Int, _ byte: Int) throws {
    guard let top = stack.last, stack.count > (marks.last ?? 0) else {
      throw damaged("nothing is there to be remembered", byte)
    }
    guard memo.count < Self.nodeLimit else {
      throw TorchProblem.tooMany(what: "remembered values", limit: Self.nodeLimit, byte: byte)
    }
    memo[key] = top
  }

  mutating func recall(_ key: Int, _ byte: Int) throws {
    guard let item = memo[key] else { throw damaged("nothing is remembered as \(key)", byte) }
    stack.append(item)
  }

  /// The name that a pickle refers to, if it is one of data.
  mutating func refer(to module: String, _ name: String, at byte: Int) throws {
    guard let global = TorchGlobal(module, name) else {
      throw TorchProblem.code(global: "\(module.prefix(80)).\(name.prefix(80))", byte: byte)
    }
    stack.append(.global(global))
  }
}
