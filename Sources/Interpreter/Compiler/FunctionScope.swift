import Syntax

/// A function (or a top-level statement) while it is compiled: its instructions and the names it can see.
final class FunctionScope {
  struct LocalVariable {
    let slot: Int
    let isMutable: Bool
    /// The slot holds a cell, because a nested function uses the `var`.
    let isBoxed: Bool
    let span: Span
  }

  struct Capture {
    let name: String
    let source: CaptureSource
    let isMutable: Bool
    let isBoxed: Bool
    let span: Span
  }

  /// A loop's jumps out of the middle, patched at its end.
  struct Loop {
    /// Operands on the stack when the loop starts.
    let depth: Int
    var breaks: [Int] = []
    var continues: [Int] = []
  }

  /// What a name means inside a function.
  enum Resolution {
    case local(LocalVariable)
    case capture(Int, Capture)
    case itself
  }

  let parent: FunctionScope?
  /// The function's own name, where it may call itself without being a global.
  let selfName: String?
  /// Names that nested functions use: a `var` among them is boxed.
  let namesUsedInside: Set<String>
  /// Whether this is a top-level statement.
  let isTopLevel: Bool
  var blocks: [[String: LocalVariable]] = [[:]]
  var captures: [Capture] = []
  var loops: [Loop] = []
  var code = CodeBuilder()
  private var nextSlot = 0
  private(set) var frameSize = 0

  init(parent: FunctionScope?, selfName: String? = nil, namesUsedInside: Set<String>, isTopLevel: Bool = false) {
    self.parent = parent
    self.selfName = selfName
    self.namesUsedInside = namesUsedInside
    self.isTopLevel = isTopLevel
  }

  // MARK: Slots

  func reserveSlot() -> Int {
    defer { nextSlot += 1 }
    frameSize = max(frameSize, nextSlot + 1)
    return nextSlot
  }

  /// Runs `body` in a block of its own; its slots are free afterwards.
  ///
  /// - Returns: the slots the block used.
  func inBlock(_ body: () -> Void) -> Range<Int> {
    let first = nextSlot
    let outer = frameSize
    frameSize = nextSlot
    blocks.append([:])
    body()
    blocks.removeLast()
    let used = first..<max(frameSize, first)
    frameSize = max(outer, frameSize)
    nextSlot = first
    return used
  }

  func declare(_ name: Identifier, isMutable: Bool) -> LocalVariable {
    let variable = LocalVariable(
      slot: reserveSlot(), isMutable: isMutable, isBoxed: isMutable && namesUsedInside.contains(name.text),
      span: name.span)
    blocks[blocks.count - 1][name.text] = variable
    return variable
  }

  // MARK: Names

  func resolve(_ name: String) -> Resolution? {
    for block in blocks.reversed() {
      if let variable = block[name] { return .local(variable) }
    }
    if name == selfName { return .itself }
    if let position = captures.firstIndex(where: { $0.name == name }) { return .capture(position, captures[position]) }
    guard let parent, let outer = parent.resolve(name) else { return nil }
    let capture =
      switch outer {
      case .local(let variable):
        Capture(
          name: name, source: .local(variable.slot), isMutable: variable.isMutable, isBoxed: variable.isBoxed,
          span: variable.span)
      case .capture(let position, let capture):
        Capture(
          name: name, source: .capture(position), isMutable: capture.isMutable, isBoxed: capture.isBoxed,
          span: capture.span)
      case .itself:
        Capture(name: name, source: .itself, isMutable: false, isBoxed: false, span: Span(0, 0))
      }
    captures.append(capture)
    return .capture(captures.count - 1, capture)
  }

  /// The names of all locals this function can see.
  var visibleNames: [String] {
    blocks.flatMap(\.keys) + (selfName.map { [$0] } ?? []) + (parent?.visibleNames ?? [])
  }
}
