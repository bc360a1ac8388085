/// The Swift bodies behind the bodiless declarations of the standard library, by name.
///
///     var natives = NativeTable.core
///     natives["unit"] = { call in try unit(of: call.tensor("v")) }
///
/// A body is called with its arguments in declaration order and defaults filled. The same table serves
/// `fn name(…)` and `operator name(…)` declarations.
public struct NativeTable {
  public typealias Body = (NativeCall) throws -> Value

  public private(set) var bodies: [String: Body] = [:]

  public init() {}

  public subscript(_ name: String) -> Body? {
    get { bodies[name] }
    set { bodies[name] = newValue }
  }

  /// Takes over another table's bodies. A name in both is a programming error and traps.
  public mutating func merge(_ other: NativeTable) {
    bodies.merge(other.bodies) { _, _ in preconditionFailure("two native bodies for one name") }
  }

  /// The bodies of `stdlib/core.steer`.
  public static var core: NativeTable {
    var table = NativeTable()
    table.addCoreNumbers()
    table.addCoreStrings()
    table.addCoreLists()
    table.addCoreReductions()
    table.addCoreValues()
    return table
  }
}
