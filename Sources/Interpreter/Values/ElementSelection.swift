/// What `x[…]` asks of something with elements in a row.
enum ElementSelection {
  case one(Int)
  case many([Int])

  /// - Parameters:
  ///   - count: how many elements there are; negative indices count from the end.
  ///   - noun: what messages call the thing indexed.
  init(_ arguments: Arguments, count: Int, of noun: String) throws {
    guard arguments.count == 1, arguments[0].name == nil else {
      throw ScriptError(.badIndex, "a \(noun) takes one unnamed index")
    }
    switch arguments[0].value {
    case .int(let index):
      self = .one(try Self.position(index, count: count, of: noun))
    case .object(let object) where object.kind == .all:
      self = .many(Array(0..<count))
    case .object(let object as RangeObject):
      self = .many(try Self.positions(object, count: count, of: noun))
    case .object(let object as ListObject):
      self = .many(
        try object.elements.map { element in
          guard case .int(let index) = element else {
            throw ScriptError(.badIndex, "a list of indices must hold ints, found \(element.typePhrase)")
          }
          return try Self.position(index, count: count, of: noun)
        })
    case let other:
      throw ScriptError(
        .badIndex, "a \(noun) is indexed by an int, a range, a list of ints or `*`, found \(other.typePhrase)")
    }
  }

  /// A negative end of a range counts from the end, before the range is walked.
  private static func positions(_ range: RangeObject, count: Int, of noun: String) throws -> [Int] {
    guard case .integers(let lower, let upper, let step) = range.bounds else {
      throw ScriptError(.badIndex, "a \(noun) is indexed by whole numbers, found a range of floats")
    }
    let actual = try RangeObject(
      lower: lower < 0 ? lower + count : lower, upper: upper < 0 ? upper + count : upper, inclusive: range.inclusive,
      step: step)
    guard let length = actual.count, length > 0 else { return [] }
    // Both ends first: a range may be far longer than what is indexed.
    for end in [0, length - 1] {
      guard case .int(let index) = actual.element(at: end) else { return [] }
      _ = try position(index, count: count, of: noun, allowingNegative: false)
    }
    return (0..<length).compactMap { offset in
      if case .int(let index) = actual.element(at: offset) { index } else { nil }
    }
  }

  static func position(_ index: Int, count: Int, of noun: String, allowingNegative: Bool = true) throws -> Int {
    let position = index < 0 && allowingNegative ? index + count : index
    guard position >= 0, position < count else {
      let valid = count == 0 ? "it is empty" : "it has \(Words.count(count, "element")), 0 to \(count - 1)"
      throw ScriptError(.indexOutOfRange, "index \(index) is outside the \(noun): \(valid)")
    }
    return position
  }
}
