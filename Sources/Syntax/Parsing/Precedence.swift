/// How tightly an infix operator binds, loosest first. The order is the language's, see docs/language/grammar.md.
enum Precedence: Int, Comparable {
  case pipe, with, yields, on, or, and, comparison, range, addition, multiplication, contraction, prefix, power

  static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }

  /// What the right operand is read with, so that a chain groups to the left.
  var tighter: Precedence { Precedence(rawValue: rawValue + 1) ?? .power }

  /// `a < b < c` and the like are errors instead of something surprising.
  var chains: Bool { self != .comparison && self != .range && self != .on && self != .yields }
}

extension TokenKind {
  /// How tightly the token binds as an infix operator; nil for everything else.
  var infixPrecedence: Precedence? {
    switch self {
    case .pipe: .pipe
    case .range, .halfOpenRange: .range
    default: binaryOperator?.precedence
    }
  }

  var binaryOperator: BinaryOperator? {
    switch self {
    case .plus: .add
    case .minus: .subtract
    case .star: .multiply
    case .slash: .divide
    case .percent: .modulo
    case .div: .integerDivide
    case .at: .contract
    case .power: .power
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    case .and: .and
    case .or: .or
    case .on: .on
    case .yields: .yields
    case .with: .with
    default: nil
    }
  }
}

extension BinaryOperator {
  var precedence: Precedence {
    switch self {
    case .with: .with
    case .yields: .yields
    case .on: .on
    case .or: .or
    case .and: .and
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: .comparison
    case .add, .subtract: .addition
    case .multiply, .divide, .modulo, .integerDivide: .multiplication
    case .contract: .contraction
    case .power: .power
    }
  }
}
