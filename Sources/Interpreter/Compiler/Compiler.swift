import Syntax

/// Turns the tree of one source into code: resolves names to slots, checks calls of known functions, reports what is
/// wrong. It runs nothing.
///
/// A name means the nearest definition before it in the text, then (inside functions only) a later definition of the same
/// file. Functions and operators of a file count as defined from its first line.
final class Compiler {
  let module: Module
  let source: SourceText
  /// Top-level names of this chunk that are defined further down.
  var forward: [String: GlobalVariable]
  var diagnostics: [Diagnostic] = []
  var scope: FunctionScope

  init(module: Module, source: SourceText, forward: [String: GlobalVariable]) {
    self.module = module
    self.source = source
    self.forward = forward
    scope = FunctionScope(parent: nil, namesUsedInside: [], isTopLevel: true)
  }

  // MARK: Reporting

  func report(
    _ code: DiagnosticCode, _ message: String, _ span: Span, help: String? = nil, labels: [Diagnostic.Label] = []
  ) {
    diagnostics.append(Diagnostic(code, message, at: Diagnostic.Label(span, in: source), labels: labels, help: help))
  }

  func reportUndefined(_ name: String, _ span: Span, isCalled: Bool) {
    var candidates = isCalled ? [] : scope.visibleNames
    for (name, variable) in module.visible where !isCalled || variable.isFunction { candidates.append(name) }
    if isCalled { candidates += forward.values.filter(\.isFunction).map(\.name) }
    let labels = forward[name]?.location.map { Diagnostic.Label($0.span, in: $0.source, "it is defined here, later") }
    report(
      .undefinedName, "`\(name)` is not defined\(labels == nil ? "" : " here")", span,
      help: NameSuggestion.closest(to: name, among: candidates).map { "did you mean `\($0)`?" },
      labels: labels.map { [$0] } ?? [])
  }

  // MARK: Names

  enum Reference {
    case local(FunctionScope.LocalVariable)
    case capture(Int, FunctionScope.Capture)
    case itself
    case global(GlobalVariable)
  }

  func resolve(_ name: String) -> Reference? {
    switch scope.resolve(name) {
    case .local(let variable)?: return .local(variable)
    case .capture(let position, let capture)?: return .capture(position, capture)
    case .itself?: return .itself
    case nil: return global(name).map { .global($0) }
    }
  }

  func global(_ name: String) -> GlobalVariable? {
    module.lookup(name) ?? (scope.isTopLevel ? nil : forward[name])
  }

  func emitLoad(_ reference: Reference, _ span: Span) {
    switch reference {
    case .local(let variable):
      scope.code.emit(variable.isBoxed ? .cellLocal : .local, a: variable.slot, span, change: 1)
    case .capture(let position, let capture):
      scope.code.emit(capture.isBoxed ? .cellCapture : .capture, a: position, span, change: 1)
    case .itself: scope.code.emit(.itself, span, change: 1)
    case .global(let variable): scope.code.emit(.global, a: variable.slot, span, change: 1)
    }
  }

  // MARK: Top level

  /// Compiles one top-level statement that runs: its value is the expression's, or nil.
  func compileStatement(_ statement: Statement, defining variables: [GlobalVariable]) -> Code {
    var names = NameCollector()
    names.visit(statement)
    scope = FunctionScope(parent: nil, namesUsedInside: names.usedInFunctions, isTopLevel: true)
    switch statement.kind {
    case .expression(let expression):
      compile(expression)
    case .constant(let pattern, let value):
      compile(value, boundTo: pattern)
      unpack(pattern)
      for variable in variables.reversed() {
        scope.code.emit(.setGlobal, a: variable.slot, statement.span, change: -1)
      }
      scope.code.emit(.null, statement.span, change: 1)
    case .variable(_, let value):
      compile(value)
      for variable in variables { scope.code.emit(.setGlobal, a: variable.slot, statement.span, change: -1) }
      scope.code.emit(.null, statement.span, change: 1)
    case .input(_, let value, _):
      compile(value)
    default:
      compile(statement)
      scope.code.emit(.null, statement.span, change: 1)
    }
    scope.code.emit(.return, statement.span, change: -1)
    return finish(
      scope, name: "", span: statement.span, signature: Signature(name: "", parameters: []), isNamed: false)
  }

  /// A fresh scope for a top-level function or default.
  func startStatement() { scope = FunctionScope(parent: nil, namesUsedInside: [], isTopLevel: true) }

  func compileFunction(_ declaration: FunctionDeclaration, _ span: Span) -> Code {
    startStatement()
    return compileFunction(
      declaration.name.text, isNamed: true, parameters: declaration.parameters, body: declaration.body, span
    ).code
  }

  /// Makes the code of a finished scope.
  func finish(_ scope: FunctionScope, name: String, span: Span, signature: Signature, isNamed: Bool) -> Code {
    var builder = scope.code
    builder.shortenReturns()
    let largest = Int(UInt16.max)
    if scope.frameSize > largest || builder.tables.members.count > largest || builder.instructions.count > 1 << 24 {
      report(.tooComplex, "this function is too large", span, help: "split it into smaller functions")
    }
    return Code(
      name: name, source: source, span: span, signature: signature, isNamed: isNamed,
      captureCount: scope.captures.count, frameSize: max(scope.frameSize, signature.parameters.count),
      operandDepth: builder.deepest, instructions: builder.instructions, spans: builder.spans,
      constants: builder.constants, tables: builder.tables)
  }

  func signature(_ name: String, _ parameters: [Parameter], result: Identifier? = nil) -> Signature {
    Signature(
      name: name,
      parameters: parameters.map { parameter in
        Signature.Parameter(
          name: parameter.name.text, annotation: parameter.annotation?.text,
          initial: parameter.initial.map { source.text($0.span) })
      }, result: result?.text)
  }
}
