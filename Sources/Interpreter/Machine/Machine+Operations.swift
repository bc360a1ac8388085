import Glibc
import Syntax

// The operations that the inner loop does not do in place.
extension Machine {
  // MARK: Errors

  static func overflow(_ op: BinaryOperator, _ x: Int, _ y: Int) -> ScriptError {
    ScriptError(
      .overflow, "\(x) \(op.rawValue) \(y) does not fit into a 64-bit int",
      help: "use floats, for instance `float(\(x))`")
  }

  static func notCondition(_ value: Value) -> ScriptError {
    ScriptError(.notCondition, "a condition must be true or false, found \(value.typePhrase)")
  }

  static func interrupted() -> ScriptError { ScriptError(.interrupted, "interrupted") }

  func noValueYet(_ slot: Int) -> ScriptError {
    let name = session.globalName(slot)
    return ScriptError(.noValueYet, "`\(name)` has no value yet: the statement that defines it did not run")
  }

  // MARK: Instructions and operators

  static func binaryOperator(_ instruction: Instruction) -> BinaryOperator {
    switch instruction.operation {
    case .divide: .divide
    case .modulo: .modulo
    case .integerDivide: .integerDivide
    case .power: .power
    case .contract: .contract
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    default: BinaryOperator.allCases[Int(instruction.a)]
    }
  }

  static func comparison(_ operation: Operation) -> BinaryOperator {
    switch operation {
    case .jumpUnlessLessOrEqual: .lessOrEqual
    case .jumpUnlessGreater: .greater
    case .jumpUnlessGreaterOrEqual: .greaterOrEqual
    default: .notEqual
    }
  }

  @inline(__always) static func isMissing(_ value: borrowing Value) -> Bool {
    if case .object(let object) = copy value { object.kind == .missing } else { false }
  }

  @inline(__always) static func content(of value: Value) -> Value {
    guard case .object(let object) = value, object.kind == .cell else { return .null }
    return unsafeDowncast(object, to: Cell.self).value
  }

  @inline(__always) static func setContent(of value: Value, _ content: consuming Value) {
    guard case .object(let object) = value, object.kind == .cell else { return }
    unsafeDowncast(object, to: Cell.self).value = content
  }

  // MARK: Operators

  /// Two numbers as floats, if they are not both ints.
  @inline(__always) static func numbers(_ left: borrowing Value, _ right: borrowing Value) -> (Double, Double)? {
    switch (copy left, copy right) {
    case (.float(let x), .float(let y)): (x, y)
    case (.float(let x), .int(let y)): (x, Double(y))
    case (.int(let x), .float(let y)): (Double(x), y)
    default: nil
    }
  }

  /// `value + number`, where the program may have said `value - (-number)`.
  func plus(_ value: Value, _ number: Int) throws -> Value {
    try number < 0 ? combine(.subtract, value, .int(-number)) : combine(.add, value, .int(number))
  }

  /// `left op right`.
  func combine(_ op: BinaryOperator, _ left: Value, _ right: Value) throws -> Value {
    switch (left, right) {
    case (.int(let x), .int(let y)): if let z = try Arithmetic.integers(op, x, y) { return z }
    case (.float(let x), .float(let y)): if let z = Arithmetic.floats(op, x, y) { return z }
    case (.int(let x), .float(let y)):
      if op.isComparison { return .bool(holds(op, left, right)) }
      if let z = Arithmetic.floats(op, Double(x), y) { return z }
    case (.float(let x), .int(let y)):
      if op.isComparison { return .bool(holds(op, left, right)) }
      if let z = Arithmetic.floats(op, x, Double(y)) { return z }
    default:
      if let z = try combineObjects(op, left, right) { return z }
    }
    if let z = try session.host?.binary(op, left, right, at: location, in: session) { return z }
    switch op {
    case .equal, .notEqual: return .bool(Equality.areEqual(left, right) == (op == .equal))
    default: throw mismatch(op, left, right)
    }
  }

  private func combineObjects(_ op: BinaryOperator, _ left: Value, _ right: Value) throws -> Value? {
    if case .object(let object) = left, let z = try object.binary(op, right, swapped: false, in: session) { return z }
    if case .object(let object) = right, let z = try object.binary(op, left, swapped: true, in: session) { return z }
    switch op {
    case .add:
      if let a = left.stringValue, let b = right.stringValue { return .string(a + b) }
      if let a = left.listElements, let b = right.listElements { return .list(a + b) }
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      if Equality.order(left, right) != nil { return .bool(holds(op, left, right)) }
    default: break
    }
    return nil
  }

  /// A comparison of values that have an order or are compared for equality.
  private func holds(_ op: BinaryOperator, _ left: Value, _ right: Value) -> Bool {
    let order = Equality.order(left, right)
    switch op {
    case .equal: return Equality.areEqual(left, right)
    case .notEqual: return !Equality.areEqual(left, right)
    case .less: return order == .less
    case .lessOrEqual: return order == .less || order == .equal
    case .greater: return order == .greater
    default: return order == .greater || order == .equal
    }
  }

  private func mismatch(_ op: BinaryOperator, _ left: Value, _ right: Value) -> ScriptError {
    var help: String?
    if op == .add, left.stringValue != nil || right.stringValue != nil {
      help = "put values into text with `\"{value}\"`"
    }
    return ScriptError(
      .typeMismatch, "`\(op.rawValue)` does not work on \(left.typePhrase) and \(right.typePhrase)", help: help)
  }

  /// A comparison used as a condition.
  func compare(_ op: BinaryOperator, _ left: Value, _ right: Value) throws -> Bool {
    if case .int(let x) = left, case .int(let y) = right { return Arithmetic.compare(op, x, y) }
    if case .float(let x) = left, case .float(let y) = right { return Arithmetic.compare(op, x, y) }
    guard case .bool(let result) = try combine(op, left, right) else {
      throw Self.notCondition(try combine(op, left, right))
    }
    return result
  }

  func negated(_ value: Value) throws -> Value {
    switch value {
    case .int(let x):
      guard x != Int.min else { throw ScriptError(.overflow, "-(\(x)) does not fit into a 64-bit int") }
      return .int(-x)
    case .float(let x): return .float(-x)
    case .object(let object):
      if let result = try object.unary(.negate, in: session) { return result }
    default: break
    }
    if let result = try session.host?.unary(.negate, value, at: location, in: session) { return result }
    throw ScriptError(.typeMismatch, "`-` does not work on \(value.typePhrase)")
  }

  // MARK: Loops and patterns

  /// Fills a loop's three slots: for a range of ints the next value, the step and how many are left; otherwise the
  /// object, the position and how many are left.
  func prepareLoop(over value: Value, state: UnsafeMutablePointer<Value>) throws {
    guard case .object(let object) = value, let count = object.count else { throw Self.notIterable(value) }
    state[2] = .int(count)
    if let range = object as? RangeObject, case .integers(let lower, _, let step) = range.bounds {
      state[0] = .int(lower)
      state[1] = .int(step)
    } else if let text = value.stringValue {
      state[0] = .list(text.map { .string(String($0)) })
      state[1] = .int(0)
    } else {
      state[0] = value
      state[1] = .int(0)
    }
  }

  static func notIterable(_ value: Value) -> ScriptError {
    var help: String?
    if case .int(let count) = value { help = "to count, iterate a range: `0..<\(count)`" }
    return ScriptError(
      .notIterable, "only lists, ranges and the like have elements to go through, found \(value.typePhrase)", help: help
    )
  }

  func nextElement(_ state: UnsafeMutablePointer<Value>) throws -> Value {
    guard case .object(let object) = state[0], case .int(let position) = state[1] else { return .null }
    state[1] = .int(position + 1)
    if object.kind == .list { return unsafeDowncast(object, to: ListObject.self).elements[position] }
    return try object.element(at: position, in: session)
  }

  /// The values for a pattern's names, in order.
  func unpacked(_ value: Value, _ pattern: PatternTemplate) throws -> [Value] {
    switch pattern {
    case .name: return [value]
    case .list(let patterns):
      let elements = try session.elements(of: value)
      guard let elements, value.stringValue == nil else {
        throw ScriptError(
          .patternMismatch,
          "the pattern needs a list of \(Words.count(patterns.count, "element")), found \(value.typePhrase)")
      }
      guard elements.count == patterns.count else {
        throw ScriptError(
          .patternMismatch,
          "the pattern needs \(Words.count(patterns.count, "element")), found \(elements.count)")
      }
      return try zip(elements, patterns).flatMap { try unpacked($0, $1) }
    case .record(let fields, let hasExplicitFields):
      var found: [Value] = []
      var missing: String?
      for field in fields {
        let part = field.field.isEmpty ? nil : try value.object?.member(field.field, in: session)
        if let part { found.append(part) } else { missing = missing ?? field.field }
      }
      if let missing {
        if hasExplicitFields { throw missingField(missing, value) }
        guard let parts = (value.object as? RecordObject)?.values ?? value.listElements, parts.count == fields.count
        else {
          let count = (value.object as? RecordObject)?.values.count ?? value.listElements?.count
          throw ScriptError(
            .patternMismatch,
            "the pattern needs a field `\(missing)` or \(Words.count(fields.count, "part")), found \(value.typePhrase)"
              + (count.map { " of \($0)" } ?? ""))
        }
        found = parts
      }
      return try zip(found, fields).flatMap { try unpacked($0, $1.pattern) }
    }
  }

  private func missingField(_ name: String, _ value: Value) -> ScriptError {
    let names = value.object?.memberNames ?? []
    let found = names.isEmpty ? "found \(value.typePhrase)" : "found \(Words.listing(names))"
    return ScriptError(.patternMismatch, "the pattern needs a field `\(name)`, \(found)")
  }

  // MARK: Statements

  func seed(_ value: Value) throws {
    guard case .int(let seed) = value else {
      throw ScriptError(.badArgument, "`seed` needs an int, found \(value.typePhrase)")
    }
    try session.setSeed(seed)
  }

  /// - Parameter sp: above the message, and above both sides of the comparison before it.
  func expectationFailed(_ condition: Value, comparison: Int, _ sp: UnsafeMutablePointer<Value>) throws {
    var sides: [String] = []
    if comparison > 0 { sides = [sp[-3], sp[-2]].map { $0.rendered(.short) } }
    let message = sp[-1].isNull ? nil : sp[-1].displayed
    let failure = ExpectationFailure(
      condition: condition.displayed, sides: sides, message: message, at: location)
    try session.expectationFailed(failure)
  }
}
