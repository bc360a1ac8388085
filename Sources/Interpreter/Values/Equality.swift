/// `==` and `<` on the language's own values.
public enum Equality {
  /// Whether two values are equal. An int equals the float of the same value; NaN equals nothing; lists and records
  /// compare element by element (with a work list: nesting costs no native stack).
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
        if let a = a as? ListObject, let b = b as? ListObject {
          guard a.elements.count == b.elements.count else { return false }
          pending.append(contentsOf: zip(a.elements, b.elements))
        } else if let a = a as? RecordObject, let b = b as? RecordObject {
          guard a.names.count == b.names.count else { return false }
          for (name, value) in a.fields {
            guard let other = b[name] else { return false }
            pending.append((value, other))
          }
        } else if a.kind == .host || !b.isEqual(to: a) {
          if !a.isEqual(to: b) { return false }
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
