import Glibc

/// Python's arithmetic on numbers of 64 bits, and what `+`, `*` and `%` mean for texts and lists.
extension JinjaRun {
  func signed(_ value: JinjaValue, _ isNegative: Bool) throws -> JinjaValue {
    if case .float(let number) = value { return .float(isNegative ? -number : number) }
    guard let integer = value.integer else { throw misfit(value, isNegative ? "-" : "+", nil) }
    guard isNegative else { return .integer(integer) }
    return try whole(Int.subtractingReportingOverflow(0)(integer))
  }

  func arithmetic(_ left: JinjaValue, _ operation: JinjaArithmetic, _ right: JinjaValue) throws -> JinjaValue {
    if let left = left.integer, let right = right.integer { return try integers(left, operation, right) }
    if let left = left.number, let right = right.number { return try numbers(left, operation, right) }
    switch (left, operation, right) {
    case (.text(let left), .add, .text(let right)):
      try budget.spend(left.count + right.count)
      let isSafe = left.isSafe || right.isSafe
      var text = isSafe ? left.escaped : left
      text.append(isSafe ? right.escaped : right)
      return .text(text)
    case (.list(let left), .add, .list(let right)):
      try budget.spend(left.elements.count + right.elements.count)
      return .list(left.elements + right.elements)
    case (.tuple(let left), .add, .tuple(let right)):
      try budget.spend(left.elements.count + right.elements.count)
      return .tuple(JinjaList(left.elements + right.elements))
    case (.text(let format), .remainder, _): return .text(try percentFormat(format, right))
    case (_, .multiply, _):
      if let count = right.integer { return try repeated(left, count, right) }
      if let count = left.integer { return try repeated(right, count, left) }
    default: break
    }
    throw misfit(left, operation.rawValue, right)
  }

  private func misfit(_ left: JinjaValue, _ operation: String, _ right: JinjaValue?) -> TemplateFailure {
    for case .undefined(let name)? in [left, right] { return TemplateFailure(.undefined(name)) }
    guard let right else { return .operation("\"\(operation)\" takes a number, found \(left.kind)") }
    let hint = operation == "+" ? "; \"~\" joins values of any kind as text" : ""
    return .operation("\"\(operation)\" cannot take \(left.kind) and \(right.kind)\(hint)")
  }

  private func repeated(_ value: JinjaValue, _ count: Int, _ other: JinjaValue) throws -> JinjaValue {
    let count = max(count, 0)
    switch value {
    case .text(let text): return .text(try repeated(text, count))
    case .list(let list), .tuple(let list):
      try budget.spend(list.elements.count, times: count)
      let elements = Array(repeatElement(list.elements, count: list.elements.isEmpty ? 0 : count).joined())
      if case .tuple = value { return .tuple(JinjaList(elements)) }
      return .list(elements)
    default: throw misfit(value, "*", other)
    }
  }

  func repeated(_ text: MarkedText, _ count: Int) throws -> MarkedText {
    try budget.spend(text.count, times: count)
    var result = MarkedText([])
    guard !text.isEmpty else { return result }
    for _ in 0..<max(count, 0) { result.append(text) }
    return result
  }

  private func whole(_ result: (partialValue: Int, overflow: Bool)) throws -> JinjaValue {
    guard !result.overflow else { throw TemplateFailure(.limit("an integer beyond 64 bits")) }
    return .integer(result.partialValue)
  }

  private func integers(_ left: Int, _ operation: JinjaArithmetic, _ right: Int) throws -> JinjaValue {
    switch operation {
    case .add: return try whole(left.addingReportingOverflow(right))
    case .subtract: return try whole(left.subtractingReportingOverflow(right))
    case .multiply: return try whole(left.multipliedReportingOverflow(by: right))
    case .divide: return try numbers(Double(left), operation, Double(right))
    case .floorDivide, .remainder:
      guard right != 0 else { throw TemplateFailure.operation("division by zero") }
      let (quotient, isOver) = left.dividedReportingOverflow(by: right)
      if isOver { return operation == .remainder ? .integer(0) : try whole((0, true)) }
      let remainder = left - quotient * right
      let isBetween = remainder != 0 && (remainder < 0) != (right < 0)
      if operation == .remainder { return .integer(isBetween ? remainder + right : remainder) }
      return .integer(isBetween ? quotient - 1 : quotient)
    case .power:
      guard right >= 0 else { return try numbers(Double(left), operation, Double(right)) }
      var (result, base, exponent) = (1, left, right)
      while exponent > 0 {
        if exponent & 1 == 1 {
          guard case .integer(let next) = try whole(result.multipliedReportingOverflow(by: base)) else { break }
          result = next
        }
        exponent >>= 1
        if exponent > 0 {
          guard case .integer(let next) = try whole(base.multipliedReportingOverflow(by: base)) else { break }
          base = next
        }
      }
      return .integer(result)
    }
  }

  private func numbers(_ left: Double, _ operation: JinjaArithmetic, _ right: Double) throws -> JinjaValue {
    switch operation {
    case .add: return .float(left + right)
    case .subtract: return .float(left - right)
    case .multiply: return .float(left * right)
    case .power:
      guard left != 0 || right >= 0 else { throw TemplateFailure.operation("0 to a negative power") }
      let power = pow(left, right)
      guard !power.isNaN || left.isNaN || right.isNaN else {
        throw TemplateFailure.operation("a power that is no real number")
      }
      return .float(power)
    case .divide, .floorDivide, .remainder:
      guard right != 0 else { throw TemplateFailure.operation("division by zero") }
      if operation == .divide { return .float(left / right) }
      var remainder = fmod(left, right)
      if remainder != 0, (remainder < 0) != (right < 0) { remainder += right }
      if operation == .remainder { return .float(remainder == 0 ? Double(signOf: right, magnitudeOf: 0) : remainder) }
      return .float(((left - remainder) / right).rounded())
    }
  }
}
