/// Names and what they stand for. Loops and macros have scopes of their own; conditions do not.
final class JinjaScope {
  var names: [String: JinjaValue]
  let parent: JinjaScope?

  init(_ names: [String: JinjaValue] = [:], in parent: JinjaScope? = nil) {
    self.names = names
    self.parent = parent
  }

  func value(_ name: String) -> JinjaValue? {
    var scope: JinjaScope? = self
    while let here = scope {
      if let value = here.names[name] { return value }
      scope = here.parent
    }
    return nil
  }
}

/// A macro and the scope that it was defined in.
public struct JinjaMacro {
  let statement: JinjaMacroStatement
  let scope: JinjaScope
}

/// What `loop` is inside a loop.
public final class JinjaLoop {
  let elements: [JinjaValue]
  var index = 0
  private var last: [JinjaValue]?

  init(_ elements: [JinjaValue]) { self.elements = elements }

  func attribute(_ name: String) -> JinjaValue? {
    switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(elements.count - index)
    case "revindex0": .integer(elements.count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == elements.count - 1)
    case "length": .integer(elements.count)
    // Counts loops that call themselves, which are not read.
    case "depth": .integer(1)
    case "depth0": .integer(0)
    case "previtem": index > 0 ? elements[index - 1] : .undefined("the item before the first")
    case "nextitem": index + 1 < elements.count ? elements[index + 1] : .undefined("the item after the last")
    case "cycle", "changed": .function(.method(.loop(self), name))
    default: nil
    }
  }

  /// Whether these values are others than at the last call.
  func changed(_ values: [JinjaValue], _ budget: JinjaBudget) throws -> Bool {
    defer { last = values }
    return try !JinjaValue.list(last ?? []).equals(.list(values), budget) || last == nil
  }
}
