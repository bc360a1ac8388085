/// `==` and `<` on the language's own values.
public enum Equality {
  /// Whether two values are equal. An int equals the float of the same value; NaN equals nothing; containers compare
  /// part by part (with a work list: nesting costs no native stack).
  public static func areEqual(_ left: Value, _ right: Value) -> Bool {
    var pending: [(Value, Value)] = [(left, right)]
    while let (left, right) = pending.popLast() {
      switch (left, right) {
      case (.null, .null): continue
      case (.bool(let a), .bool(let b)): if a != b { return false }
      case (.int(let a), .int(let b)): if a != b { return false }
      case (.float(let a), .float(let b)): if a != b { return false }
      case (.int(let a), .float(let b)), (.float(let b), .int(let a)):
        if Int(exactly: b) != a { return false }
      case (.object(let a), .object(let b)):
        if a === b { continue }
        if a.kind == .host {
          if !a.isEqual(to: b) { return false }
        } else if b.kind == .host {
          if !b.isEqual(to: a) { return false }
        } else if a.kind != b.kind {
          return false
        } else if let a = a as? Container, let b = b as? Container {
          guard let pairs = a.pairs(with: b) else { return false }
          pending.append(contentsOf: pairs)
        } else if !a.isEqual(to: b) {
          return false
        }
      default: return false
      }
    }
    return true
  }

  /// The order of two values: numbers, strings and bools among themselves, lists element by element. Nil where there
  /// is none (other types, NaN).
  static func order(_ left: Value, _ right: Value, depth: Int = 0) -> Order? {
    switch (left, right) {
    case (.int(let a), .int(let b)): return Order(a, b)
    case (.float(let a), .float(let b)): return a.isNaN || b.isNaN ? nil : Order(a, b)
    case (.int(let a), .float(let b)): return order(a, b)
    case (.float(let a), .int(let b)): return order(b, a)?.reversed
    case (.bool(let a), .bool(let b)): return Order(a ? 1 : 0, b ? 1 : 0)
    case (.object(let a as StringObject), .object(let b as StringObject)):
      if a.text.utf8.elementsEqual(b.text.utf8) { return .equal }
      return a.text.utf8.lexicographicallyPrecedes(b.text.utf8) ? .less : .greater
    case (.object(let a as ListObject), .object(let b as ListObject)):
      guard depth < 100 else { return nil }
      for (x, y) in zip(a.elements, b.elements) {
        guard let order = order(x, y, depth: depth + 1) else { return nil }
        if order != .equal { return order }
      }
      return Order(a.elements.count, b.elements.count)
    default: return nil
    }
  }

  /// An int against a float without rounding the int.
  private static func order(_ a: Int, _ b: Double) -> Order? {
    if b.isNaN { return nil }
    if b >= 0x1p63 { return .less }
    if b < -0x1p63 { return .greater }
    let whole = Int(b.rounded(.towardZero))
    if a != whole { return Order(a, whole) }
    let fraction = b - b.rounded(.towardZero)
    return fraction == 0 ? .equal : (fraction > 0 ? .less : .greater)
  }

  enum Order {
    case less, equal, greater

    init<T: Comparable>(_ a: T, _ b: T) { self = a < b ? .less : (a == b ? .equal : .greater) }

    var reversed: Order {
      switch self {
      case .less: .greater
      case .equal: .equal
      case .greater: .less
      }
    }
  }
}
