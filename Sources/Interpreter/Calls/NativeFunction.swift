/// A function whose body is Swift: a declaration of the standard library and the closure registered for its name.
public final class NativeFunction: Object {
  public let signature: Signature
  let body: NativeTable.Body
  /// For each parameter what it is when no argument is given; nil where one must be.
  let defaults: [Default?]

  enum Default {
    case constant(Value)
    /// Evaluated with the parameters before it as arguments.
    case code(FunctionObject)
  }

  init(_ signature: Signature, defaults: [Default?], body: @escaping NativeTable.Body) {
    self.signature = signature
    self.defaults = defaults
    self.body = body
    super.init(kind: .native)
  }

  public override var typeName: String { "function" }
  public override var isCallable: Bool { true }

  public override func call(_ arguments: Arguments, in session: Session) throws -> Value {
    try run(signature.bind(arguments), in: session)
  }

  /// - Parameter bound: in declaration order; `MissingObject` where the default is wanted.
  func run(_ bound: [Value], in session: Session) throws -> Value {
    var values = bound
    var isGiven = [Bool](repeating: true, count: values.count)
    for position in values.indices {
      guard case .object(let object) = values[position], object.kind == .missing else { continue }
      isGiven[position] = false
      switch defaults[position] {
      case .constant(let value)?: values[position] = value
      case .code(let function)?:
        values[position] = try session.call(.object(function), Arguments(Array(values[..<position])))
      case nil: values[position] = .null
      }
    }
    let call = NativeCall(session: session, signature: signature, arguments: values, isGiven: isGiven)
    if case .object(let first)? = values.first, first.kind == .host,
      let result = try unsafeDowncast(first, to: HostObject.self).perform(signature.name, call)
    {
      return result
    }
    return try body(call)
  }

  public override func rendered(_ style: RenderingStyle) -> String {
    style.form == .short ? signature.name : "fn \(signature)"
  }
}
