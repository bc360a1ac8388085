import Syntax

/// Instructions as they are written, with the depth of the operand stack.
struct CodeBuilder {
  private(set) var instructions: [Instruction] = []
  private(set) var spans: [Span] = []
  private(set) var constants: [Value] = []
  var tables = CodeTables()
  /// Operands on the stack at this point.
  private(set) var depth = 0
  private(set) var deepest = 0

  /// - Parameter change: by how much the operand stack grows.
  mutating func emit(_ operation: Operation, a: Int = 0, b: Int = 0, _ span: Span, change: Int) {
    instructions.append(Instruction(operation, a: a, b: b))
    spans.append(span)
    adjust(change)
  }

  /// Corrects the depth where control flow joins or does not come back.
  mutating func adjust(_ change: Int) {
    depth += change
    deepest = max(deepest, depth)
  }

  mutating func resetDepth(_ depth: Int) { self.depth = depth }

  mutating func emitConstant(_ value: Value, _ span: Span) {
    switch value {
    case .null: emit(.null, span, change: 1)
    case .bool(let value): emit(value ? .yes : .no, span, change: 1)
    case .int(let value) where Int32(exactly: value) != nil: emit(.integer, a: value, span, change: 1)
    default: emit(.constant, a: constant(value), span, change: 1)
    }
  }

  mutating func constant(_ value: Value) -> Int {
    constants.append(value)
    return constants.count - 1
  }

  /// A jump to a place not known yet.
  mutating func emitJump(_ operation: Operation, b: Int = 0, _ span: Span, change: Int) -> Int {
    emit(operation, b: b, span, change: change)
    return instructions.count - 1
  }

  /// Lets jumps land here.
  mutating func land(_ jumps: Int...) { land(jumps) }

  mutating func land(_ jumps: [Int]) {
    for jump in jumps { instructions[jump].a = Int32(truncatingIfNeeded: instructions.count) }
  }

  var position: Int { instructions.count }
  var last: Instruction? { instructions.last }

  /// Takes back the last instruction, to write another in its place.
  mutating func removeLast(change: Int) {
    instructions.removeLast()
    spans.removeLast()
    adjust(change)
  }
}

extension CodeTables {
  /// Adds an entry to one of the tables.
  ///
  /// - Returns: its position.
  mutating func add<T>(_ entry: T, to table: WritableKeyPath<CodeTables, [T]>) -> Int {
    self[keyPath: table].append(entry)
    return self[keyPath: table].count - 1
  }
}
