import Syntax

/// What `?name` tells.
public struct NameDescription {
  public let name: String
  /// `fn`, `operator`, `let`, `var`, `input`.
  public let kind: String
  /// Parameters and result; nil for what is not a function.
  public let signature: Signature?
  /// The `##` lines above the definition.
  public let documentation: String?
  /// Where it is defined.
  public let location: Diagnostic.Label?
  /// The whole statement that defines it.
  public let source: String?
  /// Whether its body is Swift.
  public let isNative: Bool
  /// Whether it belongs to the standard library.
  public let isStandard: Bool
}

extension Session {
  // MARK: Values by name

  /// The value of a visible name, if it has one.
  public func value(of name: String) -> Value? { main.lookup(name).flatMap { machine.global($0.slot) } }

  /// Binds a name for the user, as the prompt does with `_`.
  public func define(_ name: String, _ value: Value) throws {
    let slot =
      if let old = main.names[name], old.kind == .host { old.slot } else { try newGlobal(name) }
    main.names[name] = GlobalVariable(name: name, slot: slot, kind: .host, location: nil)
    machine.setGlobal(slot, value)
  }

  /// The names the user defined, with their values, sorted by name.
  public func globals() -> [(name: String, kind: String, value: Value)] {
    main.names.values.filter { $0.kind != .host }.compactMap { variable in
      machine.global(variable.slot).map { (variable.name, variable.kind.rawValue, $0) }
    }.sorted { $0.name < $1.name }
  }

  // MARK: Help and completion

  /// All names a statement at the prompt can use.
  public var visibleNames: [String] { main.visible.keys.sorted() }

  /// What is known of a visible name.
  public func describe(_ name: String) -> NameDescription? { main.lookup(name).map { describe($0) } }

  /// What is known of every name of the standard library, sorted by name.
  public var standardLibrary: [NameDescription] {
    prelude.names.values.sorted { $0.name < $1.name }.map { describe($0) }
  }

  private func describe(_ variable: GlobalVariable) -> NameDescription {
    NameDescription(
      name: variable.name, kind: variable.kind.rawValue, signature: variable.signature,
      documentation: variable.documentation, location: variable.location, source: variable.source,
      isNative: variable.isNative, isStandard: prelude.names[variable.name] === variable)
  }

  // MARK: Declarations and bodies

  /// Native bodies that no declaration of the standard library uses.
  public var unusedNatives: [String] { natives.bodies.keys.filter { !calledNatives.contains($0) }.sorted() }

  /// The `input` statements of a source, for the command line's help. The default is its source text.
  public static func inputs(of source: SourceText) -> [(name: String, initial: String, help: String?)] {
    Script.parse(source).statements.compactMap { statement in
      guard case .input(let name, let value, let help) = statement.kind else { return nil }
      return (name.text, source.text(value.span), help)
    }
  }
}
