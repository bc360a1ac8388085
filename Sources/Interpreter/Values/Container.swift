/// An object that holds values.
///
/// A list in a list in a list … is taken apart in a loop when it dies: the recursive release that Swift would do runs out
/// of native stack at some hundred thousand levels, and a script must not be able to do that.
public class Container: Object {
  /// Moves the containers this one holds into `pending` and lets go of all its values.
  func surrender(into pending: inout [Container]) {}

  /// The values of this container and another of its kind that must be equal if the two are; nil where they differ
  /// already.
  func pairs(with other: Container) -> [(Value, Value)]? { nil }

  public override final func isEqual(to other: Object) -> Bool { Equality.areEqual(.object(self), .object(other)) }

  /// Called by `deinit` of subclasses.
  final func dismantle() {
    var pending: [Container] = []
    surrender(into: &pending)
    while var last = pending.popLast() {
      if isKnownUniquelyReferenced(&last) { last.surrender(into: &pending) }
    }
  }
}

extension [Value] {
  /// Appends the containers among the values to `pending` and empties the array.
  mutating func surrender(into pending: inout [Container]) {
    for case .object(let object) in self {
      if let container = object as? Container { pending.append(container) }
    }
    self = []
  }
}

/// A captured `var`: shared by the function that declared it and the closures that use it.
final class Cell: Container {
  @exclusivity(unchecked) var value: Value

  init(_ value: Value) {
    self.value = value
    super.init(kind: .cell)
  }

  deinit { dismantle() }

  override func surrender(into pending: inout [Container]) {
    if case .object(let object) = value, let container = object as? Container {
      value = .null
      pending.append(container)
    }
  }
}
