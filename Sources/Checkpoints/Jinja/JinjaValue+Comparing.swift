extension JinjaValue {
  /// Python's `==`. Marks are no part of a text's value.
  func equals(_ other: JinjaValue, _ budget: JinjaBudget) throws -> Bool {
    try budget.spend()
    switch (self, other) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.text(let left), .text(let right)):
      try budget.spend(min(left.count, right.count))
      return left.scalars == right.scalars
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      return try left.elements.count == right.elements.count
        && zip(left.elements, right.elements).allSatisfy { try $0.equals($1, budget) }
    case (.dictionary(let left), .dictionary(let right)):
      return try left.count == right.count
        && zip(left.keys, left.values).allSatisfy { key, value in
          try key.key.flatMap { right.value($0) }?.equals(value, budget) ?? false
        }
    case (.namespace(let left), .namespace(let right)): return left === right
    case (.iterator(let left), .iterator(let right)): return left === right
    default:
      if let left = integer, let right = other.integer { return left == right }
      guard let left = number, let right = other.number else { return false }
      return left == right
    }
  }

  /// Python's `<`.
  func isLess(than other: JinjaValue, _ budget: JinjaBudget) throws -> Bool {
    try budget.spend()
    switch (self, other) {
    case (.text(let left), .text(let right)):
      try budget.spend(min(left.count, right.count))
      return left.scalars.lexicographicallyPrecedes(right.scalars)
    case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
      for (first, second) in zip(left.elements, right.elements) where try !first.equals(second, budget) {
        return try first.isLess(than: second, budget)
      }
      return left.elements.count < right.elements.count
    default:
      if let left = integer, let right = other.integer { return left < right }
      if let left = number, let right = other.number { return left < right }
      for side in [self, other] {
        if case .undefined(let name) = side { throw TemplateFailure(.undefined(name)) }
      }
      throw TemplateFailure.operation("\(kind) and \(other.kind) have no order; compare two numbers or two strings")
    }
  }

  /// Whether `other` is in this: a part of a string, an element of a list, a key of a dictionary.
  func contains(_ other: JinjaValue, _ budget: JinjaBudget) throws -> Bool {
    switch self {
    case .text(let text):
      guard case .text(let part) = other else {
        throw TemplateFailure.operation("only a string can be `in` a string, found \(other.kind)")
      }
      try budget.search(text, part)
      return text.find(part) != nil
    case .dictionary(let dictionary):
      guard let key = other.key else { throw TemplateFailure.operation("\(other.kind) cannot be a dictionary's key") }
      return dictionary.value(key) != nil
    case .iterator(let iterator):
      while let element = iterator.step() { if try element.equals(other, budget) { return true } }
      return false
    default: return try elements().contains { try $0.equals(other, budget) }
    }
  }

  /// What a loop over this goes through.
  func elements() throws -> [JinjaValue] {
    switch self {
    case .undefined: return []
    case .list(let list), .tuple(let list): return list.elements
    case .text(let text): return text.scalars.indices.map { .text(text[$0..<$0 + 1]) }
    case .dictionary(let dictionary): return dictionary.keys
    case .iterator(let iterator): return Array(iterator.rest())
    case .loop(let loop): return loop.elements
    default:
      throw TemplateFailure.operation("\(kind) cannot be gone through; expected a list, a dictionary or a string")
    }
  }
}
