import Syntax

/// A running language: its names, its machine, and what the host has plugged in.
///
///     let session = Session(output: { print($0) }, natives: .core)
///     try session.load(standardLibrary: sources)
///     let value = try session.evaluate(SourceText(name: "<prompt:1>", "1 + 1"))
///
/// Hosts plug in by: a `NativeTable` of bodies for the declarations of the standard library; `HostObject` subclasses for
/// their values; `HostSemantics` for operators between paths, functions and operators; a `SourceLoader` for `use`.
/// Nothing here touches files, the terminal or the clock. A session belongs to one thread.
public final class Session {
  /// Where `print` writes: whole lines, without the line break.
  public var output: (String) -> Void
  /// Where warnings go.
  public var warning: (Diagnostic) -> Void = { _ in }
  /// Stops the script when something asked it to.
  public let interruption: Interruption
  public weak var host: (any HostSemantics)?
  let natives: NativeTable
  let loader: any SourceLoader

  /// Called before and after each top-level statement.
  public var willRun: (Statement, SourceText) -> Void = { _, _ in }
  public var didRun: (StatementResult) -> Void = { _ in }

  /// Values of `input` statements from the command line, by name, as text.
  public var inputValues: [String: String] = [:]
  /// Names in `inputValues` that an `input` statement has taken.
  public internal(set) var usedInputs: Set<String> = []
  /// Whether a failed `expect` stops the script; otherwise it is kept in `failedExpectations` and the script goes on.
  public var stopsAtFailedExpectations = true
  public internal(set) var failedExpectations: [ExpectationFailure] = []
  /// The last `seed`.
  public internal(set) var seed: Int?
  /// Set while the initial value of a trainable parameter is evaluated.
  public private(set) var initialisation: OperatorObject.Initialisation?

  let prelude = Module("standard library", prelude: nil)
  let main: Module
  private(set) lazy var machine = Machine(session: self, interruption: interruption)
  /// Names of globals by slot, for messages.
  var globalNames: [String] = []
  /// All code of the session; it is never freed, since running code is not counted.
  var codes: [Code] = []
  /// Files reached by `use`, by their source's name.
  var used: [String: UsedFile] = [:]
  /// Files whose `use` is under way, outermost first.
  var using: [String] = []
  /// Names of natives that a declaration has taken.
  var calledNatives: Set<String> = []
  /// Declarations without a body that have no native function either.
  public internal(set) var unboundDeclarations: [String] = []

  /// - Parameters:
  ///   - output: gets what `print` writes, line by line.
  ///   - host: kept weakly.
  public init(
    output: @escaping (String) -> Void, interruption: Interruption = Interruption(), host: (any HostSemantics)? = nil,
    natives: NativeTable = .core, loader: any SourceLoader = NoSources()
  ) {
    self.output = output
    self.interruption = interruption
    self.host = host
    self.natives = natives
    self.loader = loader
    main = Module("session", prelude: prelude)
  }

  /// The most elements that a range is made into a list of.
  public static let longestList = 1 << 26

  // MARK: What natives ask for

  /// Calls a function, native or callable host object. Natives may do so, and scripts called so may call natives again.
  public func call(_ function: Value, _ arguments: Arguments) throws -> Value {
    try machine.call(function, arguments)
  }

  public func call(_ function: Value, _ argument: Value) throws -> Value { try machine.call(function, argument) }

  public func call(_ function: Value, _ first: Value, _ second: Value) throws -> Value {
    try machine.call(function, Arguments([first, second]))
  }

  /// The elements of a list, range, string or iterable host object; nil for other values.
  public func elements(of value: Value) throws -> [Value]? {
    guard case .object(let object) = value else { return nil }
    if let list = object as? ListObject { return list.elements }
    if let text = value.stringValue { return text.map { .string(String($0)) } }
    guard let count = object.count else { return nil }
    guard count <= Self.longestList else {
      throw ScriptError(
        .tooComplex, "\(count) elements are too many for a list (at most \(Self.longestList))",
        help: "a `for` loop goes through a range without making a list")
    }
    return try (0..<count).map { try object.element(at: $0, in: self) }
  }

  /// Goes through the elements without making a list of them, as long as `body` says so. Stops when interrupted.
  ///
  /// - Returns: false where the value has no elements; then `body` was not called.
  @discardableResult
  public func forEach(in value: Value, _ body: (Value) throws -> Bool) throws -> Bool {
    guard case .object(let object) = value else { return false }
    if let list = object as? ListObject {
      for element in list.elements {
        guard try body(element) else { break }
      }
      return true
    }
    if let text = value.stringValue {
      for character in text {
        guard try body(.string(String(character))) else { break }
      }
      return true
    }
    guard let count = object.count else { return false }
    for position in 0..<count {
      if position & 0xFFF == 0 { try checkInterrupt() }
      guard try body(object.element(at: position, in: self)) else { break }
    }
    return true
  }

  /// Throws if something asked the script to stop. Long natives call it between pieces of work.
  public func checkInterrupt() throws {
    if interruption.isRequested { throw Machine.interrupted() }
  }

  /// The place of the call under way.
  public var currentLocation: Diagnostic.Label? { machine.location }

  public func warn(_ message: String, code: DiagnosticCode, help: String? = nil) {
    warning(Diagnostic(code, message, at: currentLocation, severity: .warning, help: help))
  }

  /// Runs `body` with `initialisation` set.
  func initialising<T>(_ context: OperatorObject.Initialisation, _ body: () throws -> T) rethrows -> T {
    let outer = initialisation
    initialisation = context
    defer { initialisation = outer }
    return try body()
  }

  // MARK: What the machine asks for

  func globalName(_ slot: Int) -> String { globalNames.indices.contains(slot) ? globalNames[slot] : "?" }

  func setSeed(_ value: Int) throws {
    seed = value
    try host?.seed(value, in: self)
  }

  func expectationFailed(_ failure: ExpectationFailure) throws {
    if stopsAtFailedExpectations { throw failure }
    failedExpectations.append(failure)
  }

  /// A callable global by name, for names the compiler did not know.
  func function(named name: String) -> Value? {
    guard let slot = main.lookup(name)?.slot, let value = machine.global(slot), value.isCallable else { return nil }
    return value
  }

  var functionNames: [String] { main.visible.values.filter(\.isFunction).map(\.name) }
}
