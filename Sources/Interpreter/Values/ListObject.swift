/// An immutable list.
public final class ListObject: Container {
  @exclusivity(unchecked) public private(set) var elements: [Value]

  public init(_ elements: [Value]) {
    self.elements = elements
    super.init(kind: .list)
  }

  deinit { dismantle() }

  override func surrender(into pending: inout [Container]) { elements.surrender(into: &pending) }

  public override var typeName: String { "list" }
  public override var count: Int? { elements.count }

  public override func element(at position: Int, in session: Session) throws -> Value { elements[position] }

  /// `pairs.ratio` is the list of the elements' `ratio`, where the first element has such a member.
  public override func member(_ name: String, in session: Session) throws -> Value? {
    guard case .object(let first)? = elements.first, first.kind == .record || first.kind == .host else { return nil }
    guard let value = try first.member(name, in: session) else { return nil }
    var values = [value]
    values.reserveCapacity(elements.count)
    for (position, element) in elements.enumerated().dropFirst() {
      guard case .object(let object) = element, let value = try object.member(name, in: session) else {
        throw ScriptError(
          .unknownMember,
          "element \(position) of the list, \(element.typePhrase), has no field `\(name)`; the first element has one")
      }
      values.append(value)
    }
    return .list(values)
  }

  public override var memberNames: [String] {
    if case .object(let first)? = elements.first, first.kind == .record { first.memberNames } else { [] }
  }

  public override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    switch try ElementSelection(arguments, count: elements.count, of: "list") {
    case .one(let position): elements[position]
    case .many(let positions): .list(positions.map { elements[$0] })
    }
  }

  override func pairs(with other: Container) -> [(Value, Value)]? {
    guard let other = other as? ListObject, elements.count == other.elements.count else { return nil }
    return Array(zip(elements, other.elements))
  }

  public override func rendered(_ style: RenderingStyle) -> String { Renderer(style).list(self) }
}
