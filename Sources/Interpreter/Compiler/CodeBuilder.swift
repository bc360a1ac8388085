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
  /// The last place a jump goes to: instructions before it do not join with those after it.
  private var lastLanding = 0

  /// - Parameter change: by how much the operand stack grows.
  mutating func emit(_ operation: Operation, a: Int = 0, b: Int = 0, _ span: Span, change: Int) {
    let (instruction, replaced) = joined(Instruction(operation, a: a, b: b))
    instructions.removeLast(replaced)
    spans.removeLast(replaced)
    instructions.append(instruction)
    spans.append(span)
    adjust(change)
  }

  /// The instruction that does what the last ones and this one do, and how many of the last ones it replaces.
  private func joined(_ next: Instruction) -> (Instruction, replaced: Int) {
    // The first of the joined instructions may be jumped to, the others may not.
    guard lastLanding < instructions.count, let last = instructions.last else { return (next, 0) }
    switch (last.operation, next.operation) {
    case (.local, .addInteger):
      return (Instruction(.localPlus, a: Int(next.a), b: Int(last.a)), 1)
    case (.localPlus, .setLocal) where Int(last.b) == Int(next.a):
      return (Instruction(.increment, a: Int(last.a), b: Int(last.b)), 1)
    case (.integer, .multiply):
      return (Instruction(.multiplyInteger, a: Int(last.a)), 1)
    case (.add, .setLocal):
      return (Instruction(.addSet, a: Int(next.a)), 1)
    case (.local, .jumpUnlessLess), (.integer, .jumpUnlessLess):
      guard lastLanding < instructions.count - 1, Int8(exactly: last.a) != nil else { return (next, 0) }
      let first = instructions[instructions.count - 2]
      guard first.operation == .local else { return (next, 0) }
      let operation: Operation = last.operation == .local ? .jumpUnlessLessLocals : .jumpUnlessLessInteger
      return (Instruction(operation, a: Int(next.a), b: Int(first.a), c: Int(last.a)), 2)
    default: return (next, 0)
    }
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
    lastLanding = instructions.count
    for jump in jumps { instructions[jump].a = Int32(truncatingIfNeeded: instructions.count) }
  }

  /// Marks the place as one that a later jump goes back to.
  mutating func startLoop() -> Int {
    lastLanding = instructions.count
    return instructions.count
  }

  /// Replaces jumps to a `return` by it.
  mutating func shortenReturns() {
    for position in instructions.indices where instructions[position].operation == .jump {
      let target = Int(instructions[position].a)
      if instructions.indices.contains(target), instructions[target].operation == .return {
        instructions[position] = instructions[target]
      }
    }
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
