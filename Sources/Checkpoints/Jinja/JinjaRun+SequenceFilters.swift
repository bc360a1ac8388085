extension JinjaRun {
  static let sequenceFilters: [String: JinjaFilter] = [
    "batch": { run, value, arguments in
      let count = try arguments.integer("linecount", or: 0)
      guard count > 0 else { throw TemplateFailure.operation("the count must be positive, found \(count)") }
      let fill = try arguments.next("fill_with") ?? .none
      let elements = try value.elements()
      try run.budget.spend(elements.count)
      var rows = stride(from: 0, to: elements.count, by: count).map {
        Array(elements[$0..<min($0 + count, elements.count)])
      }
      if case .none = fill {
      } else if let last = rows.last, last.count < count {
        try run.budget.spend(count)
        rows[rows.count - 1] += Array(repeating: fill, count: count - last.count)
      }
      return .iterator(JinjaIterator(rows.map { .list($0) }))
    },
    "count": length,
    "dictsort": dictsort,
    "first": { _, value, _ in
      if case .iterator(let iterator) = value { return iterator.step() ?? .undefined("the first of no items") }
      return try value.elements().first ?? .undefined("the first of no items")
    },
    "items": { run, value, _ in
      if value.isUndefined { return .iterator(JinjaIterator([])) }
      guard case .dictionary(let dictionary) = value else {
        throw TemplateFailure.operation("takes a dictionary, found \(value.kind)")
      }
      try run.budget.spend(dictionary.count)
      return .iterator(JinjaIterator(dictionary.entries))
    },
    "join": { run, value, arguments in
      let separator = try arguments.next("d").map { try run.text($0) } ?? ""
      let get = try run.getter(arguments.next("attribute"))
      return .text(try run.joined(value.elements().map { try get?($0) ?? $0 }, separator))
    },
    "last": { _, value, _ in try value.elements().last ?? .undefined("the last of no items") },
    "length": length,
    "list": { run, value, _ in
      let elements = try value.elements()
      try run.budget.spend(elements.count)
      return .list(elements)
    },
    "max": { run, value, arguments in try run.extreme(value, &arguments) { try run.less($1, $0) } },
    "min": { run, value, arguments in try run.extreme(value, &arguments) { try run.less($0, $1) } },
    "reverse": { run, value, _ in
      if case .text(let text) = value { return .text(text.picked(text.scalars.indices.reversed())) }
      let elements = try value.elements()
      try run.budget.spend(elements.count)
      return .iterator(JinjaIterator(elements.reversed()))
    },
    "sort": { run, value, arguments in
      let isReversed = try arguments.flag("reverse")
      let isSensitive = try arguments.flag("case_sensitive")
      let attributes = try arguments.next("attribute")
      var getters: [(JinjaValue) throws -> JinjaValue] = []
      if case .text(let names)? = attributes {
        getters = try names.split(",").compactMap { try run.getter(.text($0)) }
      } else if let getter = try run.getter(attributes) {
        getters = [getter]
      }
      return .list(
        try run.sorted(value.elements(), reversed: isReversed) { element in
          guard !getters.isEmpty else { return isSensitive ? element : run.folded(element) }
          let keys = try getters.map { try $0(element) }
          return .list(isSensitive ? keys : keys.map { run.folded($0) })
        })
    },
    "sum": { run, value, arguments in
      let get = try run.getter(arguments.next("attribute"))
      var sum = try arguments.next("start") ?? .integer(0)
      for element in try value.elements() { sum = try run.arithmetic(sum, .add, get?(element) ?? element) }
      return sum
    },
    "unique": { run, value, arguments in
      let isSensitive = try arguments.flag("case_sensitive")
      let get = try run.getter(arguments.next("attribute"))
      var seen: Set<JinjaDictionary.Key> = []
      let unique = try value.elements().filter { element in
        let item = try get?(element) ?? element
        guard let key = (isSensitive ? item : run.folded(item)).key else {
          throw TemplateFailure.operation("\(item.kind) cannot be compared with others here")
        }
        try run.budget.spend()
        return seen.insert(key).inserted
      }
      return .iterator(JinjaIterator(unique))
    },
  ]

  private static let length: JinjaFilter = { _, value, _ in
    switch value {
    case .text(let text): .integer(text.count)
    case .list(let list), .tuple(let list): .integer(list.elements.count)
    case .dictionary(let dictionary): .integer(dictionary.count)
    case .loop(let loop): .integer(loop.elements.count)
    case .undefined: .integer(0)
    default: throw TemplateFailure.operation("\(value.kind) has no length; use `| list` before it")
    }
  }

  private static let dictsort: JinjaFilter = { run, value, arguments in
    let isSensitive = try arguments.flag("case_sensitive")
    let by = try arguments.text("by")?.string ?? "key"
    let isReversed = try arguments.flag("reverse")
    guard case .dictionary(let dictionary) = value else {
      throw TemplateFailure.operation("takes a dictionary, found \(value.kind)")
    }
    guard ["key", "value"].contains(by) else {
      throw TemplateFailure.operation("sorts by \"key\" or \"value\", found \"\(by)\"")
    }
    try run.budget.spend(dictionary.count)
    return .list(
      try run.sorted(dictionary.entries, reversed: isReversed) { entry in
        guard case .tuple(let pair) = entry else { return entry }
        let key = pair.elements[by == "key" ? 0 : 1]
        return isSensitive ? key : run.folded(key)
      })
  }

  func less(_ left: JinjaValue, _ right: JinjaValue) throws -> Bool { try left.isLess(than: right, budget) }

  /// Small letters, where case does not count.
  func folded(_ value: JinjaValue) -> JinjaValue {
    if case .text(let text) = value { .text(text.lowercased) } else { value }
  }

  /// Equal elements keep their order, in reverse too.
  private func sorted(
    _ elements: [JinjaValue], reversed: Bool, by key: (JinjaValue) throws -> JinjaValue
  ) throws -> [JinjaValue] {
    try budget.spend(elements.count)
    let keyed = try elements.map { (key: try key($0), element: $0) }
    let ordered = try keyed.sorted { try reversed ? less($1.key, $0.key) : less($0.key, $1.key) }
    return ordered.map(\.element)
  }

  private func extreme(
    _ value: JinjaValue, _ arguments: inout JinjaArguments, _ isBetter: (JinjaValue, JinjaValue) throws -> Bool
  ) throws -> JinjaValue {
    let isSensitive = try arguments.flag("case_sensitive")
    let get = try getter(arguments.next("attribute"))
    func key(_ element: JinjaValue) throws -> JinjaValue {
      let item = try get?(element) ?? element
      return isSensitive ? item : folded(item)
    }
    var elements = try value.elements()[...]
    guard var best = elements.popFirst() else { return .undefined("the largest or smallest of no items") }
    var bestKey = try key(best)
    for element in elements {
      let candidate = try key(element)
      if try isBetter(candidate, bestKey) { (best, bestKey) = (element, candidate) }
    }
    return best
  }

  /// What reads `a.b.0` of a value; nil for no attribute.
  func getter(_ attribute: JinjaValue?, or fallback: JinjaValue? = nil) throws -> ((JinjaValue) throws -> JinjaValue)? {
    let path: [JinjaValue]
    switch attribute {
    case nil, JinjaValue.none?: return nil
    case .text(let text)?:
      path = text.split(".").map { part in
        let isIndex = !part.isEmpty && part.scalars.allSatisfy(\.isDigit)
        return isIndex ? Int(part.string).map { .integer($0) } ?? .text(part) : .text(part)
      }
    case .integer(let index)?: path = [.integer(index)]
    case let other?: throw TemplateFailure.operation("the attribute must be a string, found \(other.kind)")
    }
    return { element in
      var value = element
      for step in path {
        try self.budget.spend()
        value = try self.item(step, of: value)
        if value.isUndefined, let fallback { return fallback }
      }
      return value
    }
  }
}
