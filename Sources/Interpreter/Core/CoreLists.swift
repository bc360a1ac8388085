extension NativeTable {
  /// Lists: `list` to `enumerate`, and those of records.
  mutating func addCoreLists() {
    self["list"] = { call in
      guard let elements = try call.session.elements(of: call[0]) else {
        throw call.wrongType("values", expected: "a list")
      }
      return .list(elements)
    }
    self["map"] = { call in
      let function = try call.function("f")
      var results: [Value] = []
      try call.forEach("values") { results.append(try call.session.call(function, $0)) }
      return .list(results)
    }
    self["filter"] = { call in
      let function = try call.function("f")
      var kept: [Value] = []
      try call.forEach("values") { if try call.holds(function, $0) { kept.append($0) } }
      return .list(kept)
    }
    self["reduce"] = { call in
      let function = try call.function("f")
      var result = call.hasArgument("initial") ? call.value("initial") : nil
      try call.forEach("values") { element in
        result = try result.map { try call.session.call(function, $0, element) } ?? element
      }
      guard let result else { throw call.wrongValue("values", "is empty, and there is no `initial`") }
      return result
    }
    self["contains"] = { call in
      if let text = call[0].stringValue { return .bool(Pieces.occurs(try call.string("value"), in: text)) }
      if let record = call[0].object as? RecordObject { return .bool(record[try call.string("value")] != nil) }
      return .bool(try call.any("values") { Equality.areEqual($0, call[1]) })
    }
    self["take"] = { call in
      let count = try call.int("count", atLeast: 0)
      if let text = call[0].stringValue { return .string(String(text.prefix(count))) }
      return .list(try call.slice { 0..<min(count, $0) })
    }
    self["drop"] = { call in
      let count = try call.int("count", atLeast: 0)
      if let text = call[0].stringValue { return .string(String(text.dropFirst(count))) }
      return .list(try call.slice { min(count, $0)..<$0 })
    }
    self["first"] = { call in try call.end { _ in 0 } }
    self["last"] = { call in try call.end { $0 - 1 } }
    self["append"] = { call in .list(try call.elements("values") + [call[1]]) }
    self["concat"] = { call in .list(try call.lists("lists").flatMap { $0 }) }
    self["flatten"] = { call in .list(try call.lists("values").flatMap { $0 }) }
    self["reverse"] = { call in
      if let text = call[0].stringValue { return .string(String(text.reversed())) }
      return .list(try call.elements("values").reversed())
    }
    self["sort"] = { call in .list(try call.sorted()) }
    self["unique"] = { call in
      var seen = DistinctValues()
      return .list(try call.elements("values").filter { seen.insert($0) })
    }
    self["zip"] = { call in
      let lists = try call.lists("lists")
      let count = lists.map(\.count).min() ?? 0
      return .list((0..<count).map { position in .list(lists.map { $0[position] }) })
    }
    self["enumerate"] = { call in
      let shape = RecordShape(["index", "value"])
      return .list(
        try call.elements("values").enumerated().map { position, value in
          .object(RecordObject(shape, [.int(position), value]))
        })
    }
    self["keys"] = { call in .list(try call.record("record").names.map { .string($0) }) }
    self["values"] = { call in .list(try call.record("record").values) }
  }
}

extension NativeCall {
  /// What a function says of an element, which must be true or false.
  public func holds(_ function: Value, _ element: Value) throws -> Bool {
    let result = try session.call(function, element)
    guard case .bool(let value) = result else {
      throw ScriptError(
        .badArgument, "the function given to `\(name)` must return true or false, found \(result.typePhrase)")
    }
    return value
  }

  /// Some elements of the first argument, without making the others.
  fileprivate func slice(_ positions: (Int) -> Range<Int>) throws -> [Value] {
    guard let object = arguments[0].object, let count = object.count else { return try elements("values") }
    return try positions(count).map { try object.element(at: $0, in: session) }
  }

  fileprivate func end(_ position: (Int) -> Int) throws -> Value {
    guard let object = arguments[0].object, let count = object.count else {
      throw wrongType("values", expected: "a list")
    }
    guard count > 0 else { throw wrongValue("values", "is empty") }
    return try object.element(at: position(count), in: session)
  }

  /// The elements of each of the lists in an argument.
  fileprivate func lists(_ parameter: String) throws -> [[Value]] {
    try elements(parameter).enumerated().map { position, list in
      guard list.stringValue == nil, let elements = try session.elements(of: list) else {
        throw ScriptError(
          .badArgument, "`\(name)` needs lists, element \(position) of `\(parameter)` is \(list.typePhrase)")
      }
      return elements
    }
  }

  fileprivate func sorted() throws -> [Value] {
    let elements = try elements("values")
    let by = value("by")
    let keys = by.isNull ? elements : try elements.map { try session.call(function("by"), $0) }
    let descending = try bool("descending")
    let order = try elements.indices.sorted { a, b in
      guard let order = Equality.order(keys[a], keys[b]) else {
        throw ScriptError(
          .badArgument,
          "`\(name)` cannot order \(keys[a].typePhrase) and \(keys[b].typePhrase): \(keys[a].rendered(.short)), "
            + keys[b].rendered(.short))
      }
      return order == .equal ? a < b : (order == .less) != descending
    }
    return order.map { elements[$0] }
  }
}

/// The values seen so far, by `==`.
struct DistinctValues {
  private enum Key: Hashable {
    case null
    case bool(Bool)
    case int(Int)
    case float(Double)
    case text([UInt8])
  }

  private var keys: Set<Key> = []
  /// Values that have no key.
  private var others: [Value] = []

  /// - Returns: whether the value is new.
  mutating func insert(_ value: Value) -> Bool {
    let key: Key
    switch value {
    case .null: key = .null
    case .bool(let value): key = .bool(value)
    case .int(let value): key = .int(value)
    case .float(let value): key = Int(exactly: value).map { .int($0) } ?? .float(value)
    case .object(let object as StringObject): key = .text(Array(object.text.utf8))
    case .object:
      if others.contains(where: { Equality.areEqual($0, value) }) { return false }
      others.append(value)
      return true
    }
    return keys.insert(key).inserted
  }
}
