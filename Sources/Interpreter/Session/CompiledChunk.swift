import Syntax

/// A source compiled for a module, not run yet.
struct CompiledChunk {
  struct Step {
    enum Action {
      /// Functions and operators: bound before the first step.
      case none
      case run(Code)
      case input(Code, GlobalVariable)
      case use(UsedFile)
    }

    let statement: Statement
    let action: Action
    let dependencies: StatementDependencies
  }

  let source: SourceText
  var functions: [(GlobalVariable, Value)] = []
  var steps: [Step] = []
  var diagnostics: [Diagnostic] = []

  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// What a chunk defines, before its bodies are compiled.
struct DeclaredChunk {
  /// For each statement the names it defines.
  var variables: [[GlobalVariable]] = []
  /// Names whose statements run one after the other: visible from where they stand.
  var forward: [String: GlobalVariable] = [:]
  var diagnostics: [Diagnostic] = []
}

extension Session {
  func compile(_ script: Script, in module: Module, mode: EvaluationMode) -> CompiledChunk {
    finish(script, declare(script, in: module, mode: mode), in: module)
  }

  // MARK: Declaring

  /// Makes the globals of a source. Functions and operators get their names now, the others while they are compiled.
  func declare(_ script: Script, in module: Module, mode: EvaluationMode) -> DeclaredChunk {
    var chunk = DeclaredChunk()
    var here: [String: GlobalVariable] = [:]
    for statement in script.statements {
      let kind = GlobalVariable.Kind(statement)
      var variables: [GlobalVariable] = []
      for name in statement.definedNames {
        let location = Diagnostic.Label(name.span, in: script.source)
        if let first = here[name.text] ?? (mode == .file && module === prelude ? module.names[name.text] : nil),
          mode == .file
        {
          chunk.diagnostics.append(
            Diagnostic(
              .alreadyDefined, "`\(name.text)` is defined already", at: location,
              labels: first.location.map { [Diagnostic.Label($0.span, in: $0.source, "first here")] } ?? []))
        }
        do {
          let variable = try declare(name, kind, statement, location, in: module)
          here[name.text] = variable
          variables.append(variable)
          if variable.isFunction { module.names[name.text] = variable } else { chunk.forward[name.text] = variable }
        } catch {
          chunk.diagnostics.append(ScriptError(error).diagnostic)
        }
      }
      chunk.variables.append(variables)
    }
    return chunk
  }

  /// A name defined again keeps its slot, so that functions which use it see the new value; unless it becomes or ceases
  /// to be a `var`, which those functions rely on.
  private func declare(
    _ name: Identifier, _ kind: GlobalVariable.Kind, _ statement: Statement, _ location: Diagnostic.Label,
    in module: Module
  ) throws -> GlobalVariable {
    var slot: Int?
    if let old = module.names[name.text], old.isMutable == (kind == .variable), old.kind != .host { slot = old.slot }
    let compiler = Compiler(module: module, source: location.source, forward: [:])
    var signature: Signature?
    var isNative = false
    switch statement.kind {
    case .function(let declaration):
      signature = compiler.signature(name.text, declaration.parameters, result: declaration.result)
      isNative = declaration.body == nil
    case .operation(let declaration):
      signature = compiler.signature(name.text, declaration.parameters)
      isNative = declaration.body == nil
    case .constant(_, let value):
      if case .function(let function) = value.kind { signature = compiler.signature(name.text, function.parameters) }
    default: break
    }
    return GlobalVariable(
      name: name.text, slot: try slot ?? newGlobal(name.text), kind: kind, location: location,
      documentation: statement.documentation, signature: signature, isNative: isNative,
      source: location.source.text(statement.span))
  }

  func newGlobal(_ name: String) throws -> Int {
    let slot = try machine.reserveGlobal()
    globalNames.append(name)
    return slot
  }

  // MARK: Compiling

  func finish(_ script: Script, _ declared: DeclaredChunk, in module: Module) -> CompiledChunk {
    var chunk = CompiledChunk(source: script.source)
    chunk.diagnostics = declared.diagnostics
    let compiler = Compiler(module: module, source: script.source, forward: declared.forward)
    for (statement, variables) in zip(script.statements, declared.variables) {
      let action = compile(statement, variables, compiler, module, &chunk)
      for variable in variables {
        module.names[variable.name] = variable
        compiler.forward[variable.name] = nil
      }
      chunk.steps.append(
        CompiledChunk.Step(
          statement: statement, action: action, dependencies: StatementDependencies(statement)))
    }
    chunk.diagnostics += compiler.diagnostics
    return chunk
  }

  private func compile(
    _ statement: Statement, _ variables: [GlobalVariable], _ compiler: Compiler, _ module: Module,
    _ chunk: inout CompiledChunk
  ) -> CompiledChunk.Step.Action {
    switch statement.kind {
    case .function(let declaration):
      guard let variable = variables.first else { return .none }
      guard declaration.body != nil else {
        chunk.functions.append((variable, native(variable, declaration.parameters, compiler, module)))
        return .none
      }
      let code = keep(compiler.compileFunction(declaration, statement.span))
      chunk.functions.append((variable, .object(FunctionObject(code, captures: []))))
    case .operation(let declaration):
      guard let variable = variables.first else { return .none }
      guard let body = declaration.body else {
        chunk.functions.append((variable, native(variable, declaration.parameters, compiler, module)))
        return .none
      }
      let code = keep(compiler.compileOperator(declaration, body, statement.span))
      chunk.functions.append((variable, .object(FunctionObject(code, captures: []))))
    case .use(let path):
      do {
        return .use(try use(path, in: module, source: chunk.source))
      } catch {
        chunk.diagnostics += (error as? CompileFailure)?.diagnostics ?? [ScriptError(error).diagnostic]
      }
    case .input:
      guard let variable = variables.first else { return .none }
      return .input(keep(compiler.compileStatement(statement, defining: variables)), variable)
    default: return .run(keep(compiler.compileStatement(statement, defining: variables)))
    }
    return .none
  }

  private func keep(_ code: Code) -> Code {
    codes.append(code)
    return code
  }

  /// A declaration without a body: the host's function of that name, or one that says there is none.
  private func native(
    _ variable: GlobalVariable, _ parameters: [Parameter], _ compiler: Compiler, _ module: Module
  ) -> Value {
    let signature = variable.signature ?? Signature(name: variable.name, parameters: [])
    if module !== prelude {
      compiler.report(
        .misplaced, "`\(variable.name)` has no body; only the standard library declares native functions",
        variable.location?.span ?? Span(0, 0))
    }
    let defaults = parameters.enumerated().map { position, parameter -> NativeFunction.Default? in
      guard let initial = parameter.initial else { return nil }
      switch initial.kind {
      case .null: return .constant(.null)
      case .bool(let value): return .constant(.bool(value))
      case .integer(let value): return .constant(.int(value))
      case .float(let value): return .constant(.float(value))
      default:
        let earlier = parameters[..<position].map { Parameter(name: $0.name, annotation: nil, initial: nil) }
        compiler.startStatement()
        let template = compiler.compileFunction(
          parameter.name.text, isNamed: false, parameters: earlier, body: .expression(initial), initial.span)
        return .code(FunctionObject(keep(template.code), captures: []))
      }
    }
    let name = variable.name
    if natives[name] != nil { calledNatives.insert(name) } else { unboundDeclarations.append(name) }
    let body =
      natives[name] ?? { _ in
        throw ScriptError(.unboundNative, "`\(name)` is declared but has no native function")
      }
    return .object(NativeFunction(signature, defaults: defaults, body: body))
  }
}

extension GlobalVariable.Kind {
  fileprivate init(_ statement: Statement) {
    switch statement.kind {
    case .variable: self = .variable
    case .function: self = .function
    case .operation: self = .operation
    case .input: self = .input
    default: self = .constant
    }
  }
}
