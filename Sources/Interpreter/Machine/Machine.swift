import Syntax

/// The state of running code: one operand stack, one stack of frames and the globals, shared by all runs of a session.
///
/// Slots of the operand stack at and above its top are uninitialised memory; what is popped is moved out or destroyed, so
/// that nothing lives longer than the script keeps it. Pointers, not arrays: the inner loop reads operands in place, and
/// an int costs no reference count.
final class Machine {
  struct Frame {
    var header: UnsafeMutablePointer<CodeHeader>
    /// Where to go on, while another frame runs.
    var pc: UnsafeMutablePointer<Instruction>
    /// The first slot: parameters, then locals.
    var base: UnsafeMutablePointer<Value>
    var captures: UnsafeMutablePointer<Value>?
    /// Where the result goes; everything from here on is destroyed on return.
    var result: UnsafeMutablePointer<Value>
    /// The running closure, owned by the slot below its arguments; nil for statements and global functions.
    var function: Unmanaged<FunctionObject>?
  }

  /// Calls of script functions inside each other.
  static let deepestCalls = 10_000
  /// Runs inside each other: a native that calls a script function that calls a native …; each uses native stack.
  static let deepestRuns = 150
  static let mostGlobals = 1 << 16
  private static let stackSize = 1 << 20

  let globals: UnsafeMutablePointer<Value>
  let isDefined: UnsafeMutablePointer<Bool>
  /// The code behind globals that are plain functions, to call them without touching the object.
  let globalCode: UnsafeMutablePointer<UnsafeMutablePointer<CodeHeader>?>
  private let stack: UnsafeMutablePointer<Value>
  let stackLimit: UnsafeMutablePointer<Value>
  private let frames: UnsafeMutablePointer<Frame>
  let frameLimit: UnsafeMutablePointer<Frame>
  /// The first free slot, while code outside of the inner loop runs.
  @exclusivity(unchecked) var top: UnsafeMutablePointer<Value>
  /// The running frame, likewise. Below the first frame: `frames - 1` in effect, kept as a count.
  @exclusivity(unchecked) var frame: UnsafeMutablePointer<Frame>
  @exclusivity(unchecked) var runs = 0
  unowned(unsafe) let session: Session
  let interruption: Interruption

  init(session: Session, interruption: Interruption) {
    self.session = session
    self.interruption = interruption
    globals = .allocate(capacity: Self.mostGlobals)
    isDefined = .allocate(capacity: Self.mostGlobals)
    globalCode = .allocate(capacity: Self.mostGlobals)
    stack = .allocate(capacity: Self.stackSize)
    frames = .allocate(capacity: Self.deepestCalls + 2)
    stackLimit = stack + Self.stackSize
    frameLimit = frames + (Self.deepestCalls + 1)
    top = stack
    frame = frames
  }

  deinit {
    for slot in 0..<definedSlots where isDefined[slot] { (globals + slot).deinitialize(count: 1) }
    globals.deallocate()
    isDefined.deallocate()
    globalCode.deallocate()
    stack.deallocate()
    frames.deallocate()
  }

  // MARK: Globals

  private(set) var definedSlots = 0

  /// A new global without a value.
  func reserveGlobal() throws -> Int {
    guard definedSlots < Self.mostGlobals else {
      throw ScriptError(.tooComplex, "the session has \(Self.mostGlobals) global names, which is the limit")
    }
    (isDefined + definedSlots).initialize(to: false)
    (globalCode + definedSlots).initialize(to: nil)
    definedSlots += 1
    return definedSlots - 1
  }

  func setGlobal(_ slot: Int, _ value: consuming Value) {
    var code: UnsafeMutablePointer<CodeHeader>?
    if case .object(let object) = value, object.kind == .function {
      let function = unsafeDowncast(object, to: FunctionObject.self)
      if function.code.captureCount == 0 { code = function.code.header }
    }
    globalCode[slot] = code
    if isDefined[slot] {
      globals[slot] = value
    } else {
      (globals + slot).initialize(to: value)
      isDefined[slot] = true
    }
  }

  func global(_ slot: Int) -> Value? { isDefined[slot] ? globals[slot] : nil }

  // MARK: Runs

  /// Calls a function with one argument; `map` and the like do it often.
  func call(_ callee: Value, _ argument: Value) throws -> Value {
    guard case .object(let object) = callee, object.kind == .function else {
      return try call(callee, Arguments([argument]))
    }
    let function = unsafeDowncast(object, to: FunctionObject.self)
    let header = function.code.header
    guard header.pointee.isPlain, header.pointee.parameterCount == 1, top + 2 < stackLimit else {
      return try call(callee, Arguments([argument]))
    }
    let base = top
    base.initialize(to: callee)
    (base + 1).initialize(to: argument)
    return try run(
      header, base: base + 1, captures: function.captures, result: base, function: Unmanaged.passUnretained(function))
  }

  /// Calls a value from outside of the inner loop.
  func call(_ callee: Value, _ arguments: Arguments) throws -> Value {
    guard case .object(let object) = callee else {
      throw ScriptError(.notCallable, "\(callee.typePhrase) cannot be called")
    }
    guard object.kind == .function else { return try object.call(arguments, in: session) }
    let function = unsafeDowncast(object, to: FunctionObject.self)
    let base = top
    let isPlain = function.code.header.pointee.isPlain && !arguments.all.contains { $0.name != nil }
    let values =
      isPlain && arguments.count == function.signature.parameters.count
      ? arguments.all.map(\.value) : try function.signature.bind(arguments)
    guard base + values.count < stackLimit else { throw tooDeep() }
    base.initialize(to: callee)
    (base + 1).initialize(from: values, count: values.count)
    return try run(
      function.code.header, base: base + 1, captures: function.captures, result: base,
      function: Unmanaged.passUnretained(function))
  }

  /// Runs a statement.
  func run(_ code: Code) throws -> Value {
    try run(code.header, base: top, captures: nil, result: top, function: nil)
  }

  func tooDeep() -> ScriptError {
    ScriptError(
      .recursionTooDeep,
      "functions call each other too deeply (more than \(Self.deepestCalls) calls, or the stack is full)",
      help: "a recursion needs a case that ends it; a long one is better written as a loop")
  }

  func nestedTooDeep() -> ScriptError {
    ScriptError(
      .recursionTooDeep,
      "functions given to native functions (`map`, `sort`, …) call each other too deeply (more than \(Self.deepestRuns))",
      help: "use a `for` loop instead of the native function in a recursion this deep")
  }

  // MARK: Where we are

  /// The place of the call or operation under way; nil outside of all runs.
  var location: Diagnostic.Label? { frame == frames ? nil : location(of: frame) }

  private func location(of frame: UnsafeMutablePointer<Frame>) -> Diagnostic.Label {
    let code = frame.pointee.header.pointee.code.takeUnretainedValue()
    return Diagnostic.Label(code.span(before: frame.pointee.pc), in: code.source)
  }

  /// Adds place and stack to an error that has none.
  func located(_ error: any Error) -> any Error {
    if error is CompileFailure { return error }
    if var failure = error as? ExpectationFailure {
      if failure.diagnostic.primary == nil { (failure.diagnostic.primary, failure.diagnostic.stack) = trace() }
      return failure
    }
    var failure = ScriptError(error)
    if failure.diagnostic.primary == nil { (failure.diagnostic.primary, failure.diagnostic.stack) = trace() }
    return failure
  }

  /// The place and the calls that led there, innermost first. Of a long stack both ends are kept.
  private func trace() -> (Diagnostic.Label?, [Diagnostic.Frame]) {
    var entries: [Diagnostic.Frame] = []
    let depth = frame - frames
    for distance in 0..<max(depth - 1, 0) {
      let callee = frame - distance
      let hidden = depth - 1 - Self.shownCalls
      if hidden > 1, distance >= Self.shownCalls - 2, distance < depth - 3 {
        if distance == Self.shownCalls - 2 {
          entries.append(Diagnostic.Frame(function: "… (\(hidden) calls not shown)", call: location(of: callee - 1)))
        }
        continue
      }
      let name = callee.pointee.header.pointee.code._withUnsafeGuaranteedRef { $0.name }
      entries.append(
        Diagnostic.Frame(function: name.isEmpty ? "an anonymous function" : name, call: location(of: callee - 1)))
    }
    return (location, entries)
  }

  /// How many calls of a long stack an error shows.
  private static let shownCalls = 10
}
