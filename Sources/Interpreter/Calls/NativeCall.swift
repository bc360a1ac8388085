import Syntax

/// One call of a native function: its arguments, and access to the session that runs it.
///
/// The typed accessors throw an error that names the parameter, the function, what was needed and what was found.
public struct NativeCall {
  public let session: Session
  public let signature: Signature
  /// In declaration order, defaults filled.
  public let arguments: [Value]
  let isGiven: [Bool]

  public var name: String { signature.name }

  /// Where the call is written; nil when a native calls it outside of any script.
  public var location: Diagnostic.Label? { session.currentLocation }

  public subscript(_ position: Int) -> Value { arguments[position] }

  /// An argument by its parameter's name, which must be declared.
  public func value(_ parameter: String) -> Value { arguments[position(of: parameter)] }

  /// Whether the caller gave the argument.
  public func hasArgument(_ parameter: String) -> Bool { isGiven[position(of: parameter)] }

  public func int(_ parameter: String) throws -> Int {
    guard case .int(let value) = value(parameter) else { throw wrongType(parameter, expected: "an int") }
    return value
  }

  /// An int of at least `least`.
  public func int(_ parameter: String, atLeast least: Int) throws -> Int {
    let value = try int(parameter)
    guard value >= least else {
      throw ScriptError(.badArgument, "argument `\(parameter)` of `\(name)` must be at least \(least), found \(value)")
    }
    return value
  }

  /// An int or a float, as a float.
  public func number(_ parameter: String) throws -> Double {
    guard let value = value(parameter).doubleValue else { throw wrongType(parameter, expected: "a number") }
    return value
  }

  public func bool(_ parameter: String) throws -> Bool {
    guard case .bool(let value) = value(parameter) else { throw wrongType(parameter, expected: "true or false") }
    return value
  }

  public func string(_ parameter: String) throws -> String {
    guard let value = value(parameter).stringValue else { throw wrongType(parameter, expected: "a string") }
    return value
  }

  public func record(_ parameter: String) throws -> RecordObject {
    try object(parameter, as: RecordObject.self, expected: "a record")
  }

  public func path(_ parameter: String) throws -> PathObject {
    try object(parameter, as: PathObject.self, expected: "a path")
  }

  /// Anything that can be called.
  public func function(_ parameter: String) throws -> Value {
    let value = value(parameter)
    guard value.isCallable else { throw wrongType(parameter, expected: "a function") }
    return value
  }

  /// The elements of a list, a range or a host's iterable.
  public func elements(_ parameter: String) throws -> [Value] {
    let value = value(parameter)
    guard value.stringValue == nil, let elements = try session.elements(of: value) else {
      throw wrongType(parameter, expected: "a list")
    }
    return elements
  }

  /// Goes through the elements of a list, range or host's iterable without making a list of them.
  public func forEach(_ parameter: String, _ body: (Value) throws -> Void) throws {
    try any(parameter) { element in
      try body(element)
      return false
    }
  }

  /// Whether an element satisfies the test; elements after the first one that does are not looked at.
  @discardableResult
  public func any(_ parameter: String, _ test: (Value) throws -> Bool) throws -> Bool {
    let value = value(parameter)
    var found = false
    let isIterable =
      try value.stringValue == nil
      && session.forEach(in: value) { element in
        found = try test(element)
        return !found
      }
    guard isIterable else { throw wrongType(parameter, expected: "a list") }
    return found
  }

  /// The floats of a list or range of numbers.
  public func numbers(_ parameter: String) throws -> [Double] {
    try elements(parameter).enumerated().map { position, element in
      guard let number = element.doubleValue else {
        throw ScriptError(
          .badArgument,
          "argument `\(parameter)` of `\(name)` must hold numbers, element \(position) is \(element.typePhrase)")
      }
      return number
    }
  }

  /// The names given for an `axis` or `column` parameter: none for nil, one for a name, all of a list.
  public func names(_ parameter: String) throws -> [String] {
    switch value(parameter) {
    case .null: return []
    case .object(let object as StringObject): return [object.text]
    case .object(let object as ListObject):
      return try object.elements.map { element in
        guard let name = element.stringValue else { throw wrongType(parameter, expected: "a list of names") }
        return name
      }
    default: throw wrongType(parameter, expected: "a name or a list of names")
    }
  }

  /// A host's object.
  ///
  /// - Parameter expected: with article, for the message: "a tensor".
  public func object<T: Object>(_ parameter: String, as type: T.Type, expected: String) throws -> T {
    guard let object = value(parameter).object as? T else { throw wrongType(parameter, expected: expected) }
    return object
  }

  /// The error for an argument of the wrong type.
  public func wrongType(_ parameter: String, expected: String) -> ScriptError {
    ScriptError(
      .badArgument,
      "argument `\(parameter)` of `\(name)` must be \(expected), found \(value(parameter).typePhrase)")
  }

  /// The error for an argument whose value does not do: `message` follows "argument `x` of `f` ".
  public func wrongValue(_ parameter: String, _ message: String) -> ScriptError {
    ScriptError(.badArgument, "argument `\(parameter)` of `\(name)` \(message)")
  }

  private func position(of parameter: String) -> Int {
    guard let position = signature.parameters.firstIndex(where: { $0.name == parameter }) else {
      preconditionFailure("`\(signature)` has no parameter `\(parameter)`")
    }
    return position
  }
}
