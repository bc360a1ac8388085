/// A function of a script, with the values it captured.
public final class FunctionObject: Container {
  let code: Code
  /// `let`s by value, `var`s as `Cell`s.
  let captures: UnsafeMutablePointer<Value>

  /// - Parameter captures: as many as the code captures.
  init(_ code: Code, captures values: [Value]) {
    self.code = code
    captures = .allocate(capacity: max(values.count, 1))
    captures.initialize(from: values, count: values.count)
    super.init(kind: .function)
  }

  deinit {
    dismantle()
    captures.deinitialize(count: code.captureCount)
    captures.deallocate()
  }

  override func surrender(into pending: inout [Container]) {
    for position in 0..<code.captureCount {
      guard case .object(let object) = captures[position], let container = object as? Container else { continue }
      captures[position] = .null
      pending.append(container)
    }
  }

  public var signature: Signature { code.signature }
  /// The text that makes the function again, as it was written.
  public var source: String { code.source.text(code.span) }

  public override var typeName: String { "function" }
  public override var isCallable: Bool { true }

  public override func call(_ arguments: Arguments, in session: Session) throws -> Value {
    try session.call(.object(self), arguments)
  }

  public override func rendered(_ style: RenderingStyle) -> String {
    if code.isNamed && style.form == .short { return signature.name }
    let text = source
    if style.form == .full || (!text.contains("\n") && text.count <= style.width) { return text }
    return "<function \(signature)>"
  }
}
