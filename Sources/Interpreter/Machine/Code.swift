import Syntax

/// What the machine's inner loop needs of a function, in one place without reference counts.
struct CodeHeader {
  let instructions: UnsafeMutablePointer<Instruction>
  let constants: UnsafeMutablePointer<Value>
  let parameterCount: Int
  /// Slots for parameters and locals.
  let frameSize: Int
  /// Slots for those and the operand stack.
  let reservedSize: Int
  /// Whether a call with `parameterCount` unnamed arguments needs no look at the signature.
  let isPlain: Bool
  let code: Unmanaged<Code>
}

/// A compiled function or statement. A session keeps all it compiled, so that running code needs no counting.
final class Code {
  let name: String
  let source: SourceText
  /// The declaration or function expression.
  let span: Span
  let signature: Signature
  /// Whether it was declared with a name (`fn f(…)`), not written as an expression.
  let isNamed: Bool
  let captureCount: Int
  /// Where each instruction comes from.
  let spans: [Span]
  let tables: CodeTables
  let header: UnsafeMutablePointer<CodeHeader>
  private let instructionCount: Int
  private let constantCount: Int

  init(
    name: String, source: SourceText, span: Span, signature: Signature, isNamed: Bool, captureCount: Int,
    frameSize: Int, operandDepth: Int, instructions: [Instruction], spans: [Span], constants: [Value],
    tables: CodeTables
  ) {
    self.name = name
    self.source = source
    self.span = span
    self.signature = signature
    self.isNamed = isNamed
    self.captureCount = captureCount
    self.spans = spans
    self.tables = tables
    instructionCount = instructions.count
    constantCount = constants.count
    let code = UnsafeMutablePointer<Instruction>.allocate(capacity: max(instructions.count, 1))
    code.initialize(from: instructions, count: instructions.count)
    let pool = UnsafeMutablePointer<Value>.allocate(capacity: max(constants.count, 1))
    pool.initialize(from: constants, count: constants.count)
    header = .allocate(capacity: 1)
    header.initialize(
      to: CodeHeader(
        instructions: code, constants: pool, parameterCount: signature.parameters.count, frameSize: frameSize,
        reservedSize: frameSize + operandDepth + 2, isPlain: signature.isPlain,
        code: Unmanaged.passUnretained(self)))
  }

  deinit {
    header.pointee.instructions.deallocate()
    header.pointee.constants.deinitialize(count: constantCount)
    header.pointee.constants.deallocate()
    header.deallocate()
  }

  /// Where the instruction before `next` comes from.
  func span(before next: UnsafeMutablePointer<Instruction>) -> Span {
    let position = next - header.pointee.instructions - 1
    return spans.indices.contains(position) ? spans[position] : span
  }
}

/// The operands that do not fit into an instruction.
struct CodeTables {
  /// Argument names of calls and indices; nil for a positional one.
  var argumentNames: [[String?]] = []
  var recordShapes: [RecordShape] = []
  var members: [Member] = []
  var paths: [[PathTemplate]] = []
  var patterns: [PatternTemplate] = []
  var closures: [ClosureTemplate] = []
  var operators: [OperatorDefinition] = []

  /// A name after a dot.
  final class Member {
    let name: String
    /// The globals it may mean where the value has no such member, best first.
    let globals: [Int]
    /// The last record shape seen here, and the field's place in it.
    @exclusivity(unchecked) private var shape: RecordShape?
    @exclusivity(unchecked) private var position = 0

    init(name: String, globals: [Int]) {
      self.name = name
      self.globals = globals
    }

    @inline(__always) func position(in shape: RecordShape) -> Int? {
      if shape === self.shape { return position }
      guard let found = shape.position(of: name) else { return nil }
      self.shape = shape
      position = found
      return found
    }
  }

  /// One step of a path literal; its arguments lie on the stack.
  struct PathTemplate {
    let name: String
    let isCall: Bool
    /// Nil where there is neither index nor call.
    let argumentNames: [String?]?
  }

  struct ClosureTemplate {
    let code: Code
    let captures: [CaptureSource]
  }
}

/// Where a closure finds a value it captures, in the function that makes it.
enum CaptureSource {
  /// The slot's content: a value, or the cell of a `var`.
  case local(Int)
  case capture(Int)
  case itself
}

/// The left side of `let`, with names replaced by their order.
indirect enum PatternTemplate {
  case name
  case list([PatternTemplate])
  /// Fields by name where the value has them all, otherwise by position if no field was written as `field: name`.
  case record([(field: String, pattern: PatternTemplate)], hasExplicitFields: Bool)
}
