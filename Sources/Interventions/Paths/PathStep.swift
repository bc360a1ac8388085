/// One evaluated step of a path: `.layers[1..4]`, `.first(4)`, `.output`.
///
/// Scripts hand their path literals over as steps; `PathReader` makes the same steps from text.
public struct PathStep: Sendable, Equatable {
  public let name: String
  public let suffix: Suffix

  public enum Suffix: Sendable, Equatable {
    case none
    /// `[1..4]`, `[0, 2]`, `[*]`
    case index([PathValue])
    /// `(4)`, `("cat")`
    case call([PathValue])
  }

  public init(_ name: String, _ suffix: Suffix = .none) {
    self.name = name
    self.suffix = suffix
  }
}

/// What may stand between the brackets of a path step.
public indirect enum PathValue: Sendable, Equatable {
  case integer(Int)
  case number(Double)
  case text(String)
  /// `*`
  case all
  /// `lower..upper by step`, both ends included.
  case range(IndexRange)
  case list([PathValue])
  case tokens(TokenSelector)
  /// `share: 0.5`
  case named(String, PathValue)
}

/// `lower..upper by step` with both ends included; negative ends count from the end, −1 is the last.
public struct IndexRange: Sendable, Hashable, CustomStringConvertible {
  public let lower: Int
  public let upper: Int
  public let step: Int

  public init(_ lower: Int, _ upper: Int, by step: Int = 1) {
    self.lower = lower
    self.upper = upper
    self.step = step
  }

  public var description: String { step == 1 ? "\(lower)..\(upper)" : "\(lower)..\(upper) by \(step)" }
}

/// The indices that a `[…]` chooses, before the length is known.
public enum IndexChoice: Sendable, Hashable, CustomStringConvertible {
  case all
  case items([Item])

  public enum Item: Sendable, Hashable {
    case one(Int)
    case range(IndexRange)
  }

  /// Reads the values of a `[…]`: integers, ranges, lists of those, or a lone `*`.
  public init(_ values: [PathValue], in path: String) throws(InterventionError) {
    if values == [.all] {
      self = .all
      return
    }
    self = .items(try Self.items(values, in: path))
  }

  private static func items(_ values: [PathValue], in path: String) throws(InterventionError) -> [Item] {
    var items: [Item] = []
    for value in values {
      switch value {
      case .integer(let index): items.append(.one(index))
      case .range(let range):
        guard range.step > 0 else { throw .path(path, "the stride `by \(range.step)` must be at least 1") }
        items.append(.range(range))
      case .list(let inner): items += try Self.items(inner, in: path)
      default: throw .path(path, "an index is an integer, a range like 1..4, a list of those, or *")
      }
    }
    return items
  }

  /// Chosen indices among `0..<count`, ascending and without repeats; those outside come back separately.
  public func resolve(count: Int) -> (indices: [Int], outside: [Int]) {
    guard case .items(let items) = self else { return (Array(0..<max(count, 0)), []) }
    var chosen: Set<Int> = []
    var outside: [Int] = []
    func end(_ index: Int) -> Int { index < 0 ? index.addingReportingOverflow(count).partialValue : index }
    for item in items {
      switch item {
      case .one(let index):
        if (0..<count).contains(end(index)) { chosen.insert(end(index)) } else { outside.append(index) }
      case .range(let range):
        let lower = end(range.lower)
        let upper = end(range.upper)
        if lower < 0 { outside.append(range.lower) }
        if upper >= count { outside.append(range.upper) }
        guard lower >= 0, lower < count, upper >= lower else { continue }
        // A longer stride reaches no second index either, and cannot overflow.
        chosen.formUnion(stride(from: lower, through: min(upper, count - 1), by: min(range.step, count)))
      }
    }
    return (chosen.sorted(), outside)
  }

  /// Whether what is chosen depends on where the sequence ends.
  var countsFromEnd: Bool {
    guard case .items(let items) = self else { return false }
    return items.contains {
      switch $0 {
      case .one(let index): index < 0
      case .range(let range): range.lower < 0 || range.upper < 0
      }
    }
  }

  public var description: String {
    guard case .items(let items) = self else { return "[*]" }
    let parts = items.map {
      switch $0 {
      case .one(let index): "\(index)"
      case .range(let range): "\(range)"
      }
    }
    return "[" + parts.joined(separator: ", ") + "]"
  }
}
