import Syntax

extension Machine {
  typealias Entry = (UnsafeMutablePointer<CodeHeader>, Unmanaged<FunctionObject>)

  /// Calls what lies below `count` arguments at the top of the stack.
  ///
  /// A script function gets its parameters' values in the arguments' place, and is returned for the inner loop to enter.
  /// Anything else runs here, and its result replaces callee and arguments. Where it throws, the stack is as before.
  ///
  /// - Parameters:
  ///   - names: the arguments' names; nil when none has one.
  ///   - skipped: how many of the arguments, from the first, are not passed on.
  func enter(count: Int, names: [String?]?, skipped: Int = 0) throws -> Entry? {
    let slot = top - count - 1
    let passed = count - skipped
    guard case .object(let object) = slot.pointee, object.isCallable else {
      throw notCallable(slot.pointee)
    }
    let values = UnsafeBufferPointer(start: top - passed, count: passed)
    let passedNames = names?.dropFirst(skipped)
    let isPositional = passedNames?.allSatisfy { $0 == nil } ?? true
    switch object.kind {
    case .function:
      let function = unsafeDowncast(object, to: FunctionObject.self)
      let signature = function.signature
      let bound =
        isPositional && signature.isPlain && signature.parameters.count == passed
        ? Array(values) : try signature.bind(arguments(values, passedNames))
      guard slot + bound.count + 2 < stackLimit else { throw tooDeep() }
      (slot + 1).deinitialize(count: count)
      (slot + 1).initialize(from: bound, count: bound.count)
      top = slot + 1 + bound.count
      return (function.code.header, Unmanaged.passUnretained(function))
    case .native:
      let function = unsafeDowncast(object, to: NativeFunction.self)
      let signature = function.signature
      let bound =
        isPositional && signature.isPlain && signature.parameters.count == passed
        ? Array(values) : try signature.bind(arguments(values, passedNames))
      finish(slot, count, try function.run(bound, in: session))
    default:
      finish(slot, count, try object.call(arguments(values, passedNames), in: session))
    }
    return nil
  }

  private func notCallable(_ value: Value) -> ScriptError {
    // The name, where the call is written `name(…)`.
    if let location {
      let text = location.source.text(location.span)
      let name = text.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      if !name.isEmpty, text.dropFirst(name.count).first == "(" {
        return ScriptError(.notCallable, "`\(name)` is \(value.typePhrase), not a function")
      }
    }
    return ScriptError(.notCallable, "\(value.typePhrase) cannot be called")
  }

  private func finish(_ slot: UnsafeMutablePointer<Value>, _ count: Int, _ result: Value) {
    slot.deinitialize(count: count + 1)
    slot.initialize(to: result)
    top = slot + 1
  }

  private func arguments(_ values: UnsafeBufferPointer<Value>, _ names: ArraySlice<String?>?) -> Arguments {
    guard let names else { return Arguments(Array(values)) }
    return Arguments(zip(values, names).map { Arguments.Element($0, name: $1) })
  }

  /// The arguments at the top of the stack.
  func gather(_ names: [String?], below end: UnsafeMutablePointer<Value>) -> Arguments {
    arguments(UnsafeBufferPointer(start: end - names.count, count: names.count), names[...])
  }

  /// `x.f(…)`: on the stack lie a local function `f` or nil, `x` and the arguments.
  ///
  /// - Parameter names: of the arguments without `x`.
  func enterMethod(_ header: UnsafeMutablePointer<CodeHeader>, _ position: Int, names: [String?]) throws -> Entry? {
    let slot = top - names.count - 2
    let receiver = slot[1]
    let member = header.pointee.code._withUnsafeGuaranteedRef { $0.tables.members[position] }
    if let value = try receiver.object?.member(member.name, in: session) {
      slot.pointee = value
      return try enter(count: names.count + 1, names: [nil] + names, skipped: 1)
    }
    if !slot.pointee.isCallable {
      guard let function = callable(member) else { throw unknownMember(member.name, of: receiver, isCall: true) }
      slot.pointee = function
    }
    return try enter(count: names.count + 1, names: [nil] + names)
  }

  /// `x.name`: the member, or `name(x)` of a function that takes one argument.
  func member(
    _ header: UnsafeMutablePointer<CodeHeader>, _ position: Int, of value: Value, local: Value?
  ) throws -> Value {
    let member = header.pointee.code._withUnsafeGuaranteedRef { $0.tables.members[position] }
    if let found = try value.object?.member(member.name, in: session) { return found }
    if let local, local.isCallable { return try call(local, Arguments([value])) }
    guard let function = callable(member) else {
      // The column of an empty list.
      if case .object(let list as ListObject) = value, list.elements.isEmpty { return value }
      throw unknownMember(member.name, of: value, isCall: false)
    }
    return try call(function, Arguments([value]))
  }

  private func callable(_ member: CodeTables.Member) -> Value? {
    for slot in member.globals where isDefined[slot] && globals[slot].isCallable { return globals[slot] }
    return session.function(named: member.name)
  }

  private func unknownMember(_ name: String, of value: Value, isCall: Bool) -> ScriptError {
    if case .object(let record as RecordObject) = value { return .unknownField(name, of: record) }
    let names = value.object?.memberNames ?? []
    let functions = session.functionNames
    let close =
      NameSuggestion.closest(to: name, among: names) ?? NameSuggestion.closest(to: name, among: functions)
    return ScriptError(
      .unknownMember, "\(value.typePhrase) has no `\(name)`, and no function has that name",
      help: close.map { "did you mean `\($0)`?" })
  }

  // MARK: Indices

  func indexed(_ value: Value, _ index: Value) throws -> Value {
    guard case .object(let object) = value else { throw notIndexable(value) }
    if object.kind == .list, case .int(let position) = index {
      let elements = unsafeDowncast(object, to: ListObject.self).elements
      return elements[try ElementSelection.position(position, count: elements.count, of: "list")]
    }
    return try object.index(Arguments([index]), in: session)
  }

  func indexed(_ value: Value, _ arguments: Arguments) throws -> Value {
    guard case .object(let object) = value else { throw notIndexable(value) }
    return try object.index(arguments, in: session)
  }

  private func notIndexable(_ value: Value) -> ScriptError {
    ScriptError(.notIndexable, "\(value.typePhrase) cannot be indexed")
  }
}
