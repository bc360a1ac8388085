import Checkpoints

/// What configuration files hold beyond plain numbers and strings.
extension Field {
  /// A size: positive, and small enough that products of a few sizes stay far from overflow.
  func size(upTo limit: Int = 1 << 22, or fallback: Int? = nil) throws -> Int {
    try integer(in: 1...limit, or: fallback)
  }

  func activation(or fallback: String) throws -> Activation {
    guard let activation = Activation(named: try string(or: fallback)) else {
      throw mustBe("one of \(Activation.knownNames.joined(separator: ", "))")
    }
    return activation
  }

  /// A number above zero.
  func positive(or fallback: Double? = nil) throws -> Double {
    let value = try number(or: fallback)
    guard value > 0 else { throw mustBe("a positive number") }
    return value
  }

  /// One integer or a list of them.
  func integerList(or fallback: [Int]) throws -> [Int] {
    if case .array = value { return try integers() }
    return exists ? [try integer()] : fallback
  }
}
