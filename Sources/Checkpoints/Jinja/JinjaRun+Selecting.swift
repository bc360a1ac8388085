/// `map`, `select` and their like, which apply a filter or a test by its name.
extension JinjaRun {
  static let selectingFilters: [String: JinjaFilter] = [
    "map": map,
    "select": { run, value, arguments in try run.selecting(value, &arguments, attribute: false, keeps: true) },
    "reject": { run, value, arguments in try run.selecting(value, &arguments, attribute: false, keeps: false) },
    "selectattr": { run, value, arguments in try run.selecting(value, &arguments, attribute: true, keeps: true) },
    "rejectattr": { run, value, arguments in try run.selecting(value, &arguments, attribute: true, keeps: false) },
  ]

  private static let map: JinjaFilter = { run, value, arguments in
    let isAttribute = arguments.positional.isEmpty && arguments.named.contains { $0.name == "attribute" }
    guard isAttribute else {
      let name = try arguments.requiredText("filter").string
      let rest = arguments
      arguments = JinjaArguments()
      let elements = try run.selectable(value)
      return .iterator(JinjaIterator(try elements.map { try run.filter(name, $0, rest) }))
    }
    let attribute = try arguments.next("attribute")
    let fallback = try arguments.next("default")
    guard let get = try run.getter(attribute, or: fallback) else {
      throw TemplateFailure.operation("the attribute must be a string")
    }
    return .iterator(JinjaIterator(try run.selectable(value).map(get)))
  }

  /// What is false, `none` too, has no elements here.
  private func selectable(_ value: JinjaValue) throws -> [JinjaValue] { value.isTrue ? try value.elements() : [] }

  private func selecting(
    _ value: JinjaValue, _ arguments: inout JinjaArguments, attribute: Bool, keeps: Bool
  ) throws -> JinjaValue {
    let get = try attribute ? getter(arguments.required("attribute")) : nil
    let name = try arguments.text("test")?.string
    let rest = arguments
    arguments = JinjaArguments()
    let kept = try selectable(value).filter { element in
      try budget.spend()
      let item = try get?(element) ?? element
      return try (name.map { try test($0, item, rest) } ?? item.isTrue) == keeps
    }
    return .iterator(JinjaIterator(kept))
  }
}
