import Syntax

extension NativeTable {
  /// Reductions: `sum` to `all`. `over` is for types with axes; a list has none.
  mutating func addCoreReductions() {
    self["sum"] = { call in
      try call.refuseAxes()
      var total = Value.int(0)
      try call.forEach("values") { total = try call.session.machine.combine(.add, total, $0) }
      return total
    }
    self["mean"] = { call in
      try call.refuseAxes()
      let elements = try call.elements("values")
      guard !elements.isEmpty else { throw call.wrongValue("values", "is empty, so it has no mean") }
      if elements.contains(where: { $0.object?.kind == .host }) {
        let total = try elements.dropFirst().reduce(elements[0]) { try call.session.machine.combine(.add, $0, $1) }
        return try call.session.machine.combine(.divide, total, .int(elements.count))
      }
      return .float(try call.numbers("values").reduce(0, +) / Double(elements.count))
    }
    self["min"] = { call in try call.extreme { $0 == .less } }
    self["max"] = { call in try call.extreme { $0 == .greater } }
    self["any"] = { call in .bool(try call.hasElement(thatIs: true)) }
    self["all"] = { call in .bool(try !call.hasElement(thatIs: false)) }
  }
}

extension NativeCall {
  fileprivate func refuseAxes() throws {
    guard !value("over").isNull else { return }
    throw wrongValue("over", "does not apply to \(arguments[0].typePhrase), which has no named axes")
  }

  fileprivate func extreme(_ isBetter: (Equality.Order) -> Bool) throws -> Value {
    try refuseAxes()
    let candidates = hasArgument("other") ? [arguments[0], value("other")] : try elements("values")
    guard var best = candidates.first else { throw wrongValue("values", "is empty") }
    for candidate in candidates.dropFirst() {
      guard let order = Equality.order(candidate, best) else {
        throw ScriptError(.badArgument, "`\(name)` cannot order \(best.typePhrase) and \(candidate.typePhrase)")
      }
      if isBetter(order) { best = candidate }
    }
    return best
  }

  /// Whether an element, or what the function says of it, is the given truth.
  fileprivate func hasElement(thatIs wanted: Bool) throws -> Bool {
    try refuseAxes()
    let function = value("f").isNull ? nil : try function("f")
    return try any("values") { element in
      if let function { return try holds(function, element) == wanted }
      guard case .bool(let value) = element else {
        throw ScriptError(
          .badArgument, "`\(name)` needs true or false for each element, found \(element.typePhrase)",
          help: "give it a function: `\(name)(xs, fn x -> x > 0)`")
      }
      return value == wanted
    }
  }
}
