import Syntax

/// One top-level statement that ran.
public struct StatementResult {
  public let statement: Statement
  public let source: SourceText
  /// The value of an expression statement; nil for other statements.
  public let value: Value?
  /// What it read, defined and assigned.
  public let dependencies: StatementDependencies

  /// The statement as written.
  public var text: String { source.text(statement.span) }
}

/// How a source is taken.
public enum EvaluationMode: Sendable {
  /// A file: every name is defined once.
  case file
  /// A chunk at the prompt: names may be defined again.
  case prompt
}

extension Session {
  /// Runs a source's statements in the session.
  ///
  /// Nothing runs when the source does not parse or resolve (`CompileFailure`). A name is bound when its statement has
  /// finished; functions and operators are bound first. If a statement fails (`ScriptError`, `ExpectationFailure`) the
  /// bindings of those before it stay.
  ///
  /// - Returns: the last statement's value if it is an expression, otherwise nil.
  @discardableResult
  public func evaluate(_ source: SourceText, mode: EvaluationMode = .file) throws -> Value {
    let script = Script.parse(source)
    if script.hasErrors { throw CompileFailure(script.diagnostics) }
    return try evaluate(script, mode: mode)
  }

  /// The same for a parsed source without errors.
  @discardableResult
  public func evaluate(_ script: Script, mode: EvaluationMode = .file) throws -> Value {
    let before = main.names
    let chunk = compile(script, in: main, mode: mode)
    if chunk.hasErrors {
      main.names = before
      throw CompileFailure(script.diagnostics + chunk.diagnostics)
    }
    (script.diagnostics + chunk.diagnostics).forEach(warning)
    do {
      return try run(chunk, in: main)
    } catch {
      // Names whose statement did not finish mean what they meant before.
      for (name, variable) in main.names where machine.global(variable.slot) == nil { main.names[name] = before[name] }
      throw error
    }
  }

  /// Parses and resolves a source without running it.
  ///
  /// - Returns: all that is wrong, in the order of the text; empty when it can run.
  public func check(_ source: SourceText) -> [Diagnostic] {
    let script = Script.parse(source)
    if script.hasErrors { return script.diagnostics }
    let module = Module(source.name, prelude: prelude)
    using.append(source.name)
    defer { using.removeLast() }
    return script.diagnostics + compile(script, in: module, mode: .file).diagnostics
  }

  /// Loads the declarations and definitions of the standard library. Files may refer to each other.
  public func load(standardLibrary sources: [SourceText]) throws {
    let scripts = sources.map { Script.parse($0) }
    let broken = scripts.flatMap(\.diagnostics).filter { $0.severity == .error }
    guard broken.isEmpty else { throw CompileFailure(broken) }
    let prepared = scripts.map { declare($0, in: prelude, mode: .file) }
    let chunks = zip(scripts, prepared).map { finish($0, $1, in: prelude) }
    let errors = chunks.flatMap(\.diagnostics).filter { $0.severity == .error }
    guard errors.isEmpty else { throw CompileFailure(errors) }
    for chunk in chunks { bindFunctions(of: chunk) }
    for chunk in chunks { _ = try runStatements(of: chunk) }
  }

  // MARK: Running

  func run(_ chunk: CompiledChunk, in module: Module) throws -> Value {
    bindFunctions(of: chunk)
    return try runStatements(of: chunk)
  }

  private func bindFunctions(of chunk: CompiledChunk) {
    for (variable, value) in chunk.functions { machine.setGlobal(variable.slot, value) }
  }

  private func runStatements(of chunk: CompiledChunk) throws -> Value {
    var last = Value.null
    for step in chunk.steps {
      willRun(step.statement, chunk.source)
      last = .null
      var value: Value?
      switch step.action {
      case .none: break
      case .run(let code):
        last = try machine.run(code)
        if case .expression = step.statement.kind { value = last } else { last = .null }
      case .input(let code, let variable):
        let initial = try machine.run(code)
        machine.setGlobal(variable.slot, try input(variable.name, default: initial, step.statement, chunk.source))
      case .use(let file): try run(file)
      }
      didRun(
        StatementResult(
          statement: step.statement, source: chunk.source, value: value, dependencies: step.dependencies))
      // Work that ends early with what it has (a sweep) gives a value, which is bound now; nothing after it runs.
      if interruption.isRequested {
        var error = Machine.interrupted()
        error.diagnostic.primary = Diagnostic.Label(step.statement.span, in: chunk.source)
        throw error
      }
    }
    return last
  }

  // MARK: Inputs

  /// An input's value: what the command line gives, as a value of the default's type, or the default.
  private func input(
    _ name: String, default initial: Value, _ statement: Statement, _ source: SourceText
  ) throws -> Value {
    guard let text = inputValues[name] else { return initial }
    usedInputs.insert(name)
    let value: Value? =
      switch initial {
      case .int: Int(text).map { .int($0) }
      case .float: Double(text).map { .float($0) }
      case .bool: text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
      case .object(let object) where object.kind == .string: .string(text)
      case .null: .string(text)
      default: nil
      }
    if let value { return value }
    let location = Diagnostic.Label(statement.span, in: source)
    switch initial {
    case .int, .float, .bool:
      throw ScriptError(
        .badInput, "input `\(name)` needs \(initial.typePhrase), found \(StringObject.quoted(text))", at: location)
    default:
      throw ScriptError(
        .badInput, "input `\(name)` is \(initial.typePhrase) and cannot be given on the command line", at: location)
    }
  }
}
