import Glibc
import Syntax

/// Arithmetic of the language's own numbers.
///
/// Integer results that do not fit are errors. `div` rounds towards minus infinity and `%` has the divisor's sign, so
/// that `a == (a div b) * b + a % b`. `/` makes floats; only integers refuse a zero divisor.
enum Arithmetic {
  /// Nil for operators that ints do not have.
  static func integers(_ op: BinaryOperator, _ x: Int, _ y: Int) throws -> Value? {
    let (result, overflow): (Int, Bool)
    switch op {
    case .add: (result, overflow) = x.addingReportingOverflow(y)
    case .subtract: (result, overflow) = x.subtractingReportingOverflow(y)
    case .multiply: (result, overflow) = x.multipliedReportingOverflow(by: y)
    case .divide:
      guard y != 0 else { throw divisionByZero(op, x) }
      return .float(Double(x) / Double(y))
    case .integerDivide:
      guard y != 0 else { throw divisionByZero(op, x) }
      let (quotient, tooLarge) = x.dividedReportingOverflow(by: y)
      let isInexact = !tooLarge && quotient &* y != x
      (result, overflow) = (isInexact && (x < 0) != (y < 0) ? quotient - 1 : quotient, tooLarge)
    case .modulo:
      guard y != 0 else { throw divisionByZero(op, x) }
      let remainder = y == -1 ? 0 : x % y
      (result, overflow) = (remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder, false)
    case .power:
      guard y >= 0 else { return .float(pow(Double(x), Double(y))) }
      (result, overflow) = power(x, y)
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: return .bool(compare(op, x, y))
    case .contract, .and, .or, .on, .yields, .with: return nil
    }
    if overflow { throw Machine.overflow(op, x, y) }
    return .int(result)
  }

  static func floats(_ op: BinaryOperator, _ x: Double, _ y: Double) -> Value? {
    switch op {
    case .add: .float(x + y)
    case .subtract: .float(x - y)
    case .multiply: .float(x * y)
    case .divide: .float(x / y)
    case .integerDivide: .float((x / y).rounded(.down))
    case .modulo: .float(modulo(x, y))
    case .power: .float(pow(x, y))
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: .bool(compare(op, x, y))
    case .contract, .and, .or, .on, .yields, .with: nil
    }
  }

  static func compare<T: Comparable>(_ op: BinaryOperator, _ x: T, _ y: T) -> Bool {
    switch op {
    case .equal: x == y
    case .notEqual: x != y
    case .less: x < y
    case .lessOrEqual: x <= y
    case .greater: x > y
    default: x >= y
    }
  }

  private static func modulo(_ x: Double, _ y: Double) -> Double {
    let remainder = fmod(x, y)
    return remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder
  }

  /// By squaring; the base is squared only while more factors are needed, so that no false overflow is seen.
  private static func power(_ base: Int, _ exponent: Int) -> (Int, Bool) {
    var result = 1
    var square = base
    var left = exponent
    while left > 0 {
      if left & 1 == 1 {
        let (product, overflow) = result.multipliedReportingOverflow(by: square)
        if overflow { return (0, true) }
        result = product
      }
      left >>= 1
      if left == 0 { break }
      let (next, overflow) = square.multipliedReportingOverflow(by: square)
      if overflow { return (0, true) }
      square = next
    }
    return (result, false)
  }

  private static func divisionByZero(_ op: BinaryOperator, _ x: Int) -> ScriptError {
    ScriptError(.divisionByZero, "\(x) \(op.rawValue) 0 is a division by zero")
  }
}
