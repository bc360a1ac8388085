import Autodiff
import Interpreter
import Interventions
import Tensors

/// Makes operators of the steering library from what scripts define: `operator` declarations and functions.
struct ScriptOperators {
  let bench: Workbench
  let session: Session

  init(_ bench: Workbench, _ session: Session) {
    self.bench = bench
    self.session = session
  }

  /// What stands right of `=>`: an operator, or a function of the activations.
  func operation(from value: Value) throws -> any Operator {
    switch value.object {
    case let object as NativeOperatorObject: return object.operation
    case let object as OperatorObject: return try operation(object)
    case let object? where object.isCallable:
      guard !(object is PathObject) else { fallthrough }
      return operation(function: value)
    default:
      throw ScriptError(
        .typeMismatch,
        "`=>` needs an operator such as `add(v)`, or a function of the activations, found \(value.typePhrase)")
    }
  }

  /// A function `fn h -> …` acts as it stands and has no parameters.
  private func operation(function: Value) -> ClosureOperator {
    let session = session
    let source = function.rendered(.short)
    return ClosureOperator(
      name: "fn", arguments: [OperatorArgument("fn", .function(source: source))], source: source,
      .variables { hidden, _, _ in try Self.variable(try session.call(function, Value(hidden)), from: source) })
  }

  /// An `operator` of a script. Its parameters are drawn from a key that belongs to this value, so that the same
  /// operator gets the same start in whatever it is part of.
  private func operation(_ object: OperatorObject) throws -> ClosureOperator {
    let (bench, session) = (bench, session)
    let key = object.parameters.isEmpty ? nil : bench.nextKey()
    let source = object.shortSource
    let update = { (hidden: Variable, parameters: [String: Variable], context: EditContext?) in
      let values = parameters.mapValues { Value($0) }
      let extra =
        context?.input.map { [Value($0.rows), Value($0.prompt)] } ?? context?.virtualRows.map { [Value($0)] } ?? []
      return try Self.variable(
        try object.apply(parameters: values, to: Value(hidden), extra: extra, in: session), from: source)
    }
    let asked = object.updateParameters
    guard asked.count <= 3 else {
      throw ScriptError(
        .badArgument,
        "the update of `\(object.name)` takes `\(asked.joined(separator: ", "))`; there are what a linear map gives, what it "
          + "reads, and what it read at the prompt's tokens: `h, x, prompt -> …`; or activations of the decoder and virtual "
          + "rows of the vision tower: `h, v -> …`")
    }
    return ClosureOperator(
      name: object.name, arguments: object.everyArgument, source: source,
      parameters: { entry, given, weight in
        try Self.start(
          object, sizes: Self.sizes(object, at: entry), site: entry.knownAxes,
          key: key?.fold(entry.site.path) ?? given, weight, bench, session)
      },
      shapes: { entry in
        let sizes = try Self.sizes(object, at: entry)
        return try object.parameters.indices.map { position in
          let axes = try object.axes(of: position, sizes: sizes, site: entry.knownAxes, in: session)
          return (object.parameters[position].name, Shape(axes.map { Axis($0.name, $0.size) }))
        }
      },
      readsInput: asked.count > 1,
      RowwiseProof.holds(object)
        ? .rows { try update($0, $1, nil) } : .variables { try update($0, $1, $2) })
  }

  /// An operator as a function of activations and its parameters, whose result may have any shape.
  struct Mapping {
    let start: (SiteCatalog.Entry, RandomKey) throws -> [NamedTensor]
    let apply: (Variable, [String: Variable]) throws -> Variable
  }

  func mapping(_ object: OperatorObject) -> Mapping {
    let (bench, session) = (bench, session)
    return Mapping(
      start: { entry, key in
        let none: ClosureOperator.Weight = {
          throw ScriptError(
            .badCall, "`itself()` starts a parameter as the weight that the operator acts at; there is none here")
        }
        return try Self.start(
          object, sizes: Self.sizes(object, at: entry), site: entry.knownAxes, key: key, none, bench, session)
      },
      apply: { hidden, parameters in
        let values = parameters.mapValues { Value($0) }
        return try Self.variable(
          try object.apply(parameters: values, to: Value(hidden), in: session), from: object.name)
      })
  }

  /// The first values of an operator's parameters.
  ///
  /// - Parameters:
  ///   - sizes: of axes by name.
  ///   - site: the axes of the weight that it is attached to.
  static func start(
    _ object: OperatorObject, sizes: [String: Int], site: [(name: String, size: Int)], key: RandomKey,
    _ weight: @escaping ClosureOperator.Weight, _ bench: Workbench, _ session: Session
  ) throws -> [NamedTensor] {
    var earlier: [String: Value] = [:]
    var tensors: [NamedTensor] = []
    for (position, parameter) in object.parameters.enumerated() {
      let axes = try object.axes(of: position, sizes: sizes, site: site, in: session)
        .map { Axis($0.name, $0.size) }
      let start = ParameterStart(
        key: key.fold(parameter.name), fanIn: Self.fanIn(of: axes, after: tensors, width: sizes["model"] ?? 1),
        weight: weight)
      let value = try bench.drawing(start) {
        try object.initialise(position, sizes: sizes, site: site, earlier: earlier, in: session)
      }
      guard let tensor = Tensor(operand: value) else {
        throw ScriptError(
          .badArgument,
          "the start of `\(parameter.name)` in `\(object.name)` must be a tensor or a number, found \(value.typePhrase)"
        )
      }
      let first = tensor.axes.isEmpty ? try Tensor.full(try tensor.item(), axes) : tensor.to(.f32)
      guard first.shape == Shape(axes) else {
        throw ScriptError(
          .badArgument,
          "the start of `\(parameter.name)` in `\(object.name)` is \(first.shape), expected \(Shape(axes))")
      }
      earlier[parameter.name] = Value(first)
      // What was drawn orthonormal and is left as it was drawn stays so when it is trained.
      tensors.append(NamedTensor(parameter.name, first, isOrthonormal: bench.orthonormalStart === first.storage))
    }
    return tensors
  }

  /// How many numbers a layer reads, as torch's `Linear` has it: a matrix reads its last axis, and a vector is the bias of
  /// the matrix before it that has its axis first. Where there is none it reads the site.
  private static func fanIn(of axes: [Axis], after earlier: [NamedTensor], width: Int) -> Int {
    guard axes.count < 2 else { return axes[axes.count - 1].size }
    let own = earlier.last { $0.tensor.axes.count >= 2 && $0.tensor.axes.first?.name == axes.first?.name }
    return own?.tensor.axes.last?.size ?? width
  }

  /// The sizes of a site's axes by name; the last one is also called `model`.
  private static func sizes(_ object: OperatorObject, at entry: SiteCatalog.Entry) throws -> [String: Int] {
    var sizes: [String: Int] = [:]
    for axis in entry.axes { sizes[axis.name] = axis.size }
    let asked = object.updateParameters
    if asked.count > 1, !entry.site.point.isWeight {
      guard asked.count == 2 else {
        throw InterventionError.needsMap(operation: object.shortSource, site: entry.site.path)
      }
      sizes["input"] = entry.towerWidth
    }
    guard let width = entry.width else {
      guard object.parameters.isEmpty else {
        throw InterventionError.misfit(
          operation: object.name, site: entry.site.path,
          reason: "its parameters need a width, and \(entry.shapeText) has none")
      }
      return sizes
    }
    sizes["model"] = width
    return sizes
  }

  static func variable(_ value: Value, from source: String) throws -> Variable {
    guard let variable = (value.object as? TensorObject)?.variable else {
      throw ScriptError(
        .typeMismatch, "`\(source)` must give a tensor of the activations' shape, found \(value.typePhrase)")
    }
    return variable
  }
}

extension OperatorObject {
  /// A file says every argument, since defaults may change.
  var everyArgument: [OperatorArgument] { argumentRecord.fields.compactMap { OperatorArgument(script: $0.0, $0.1) } }

  /// The source that makes it, without what is as by default.
  var shortSource: String {
    let given = zip(signature.parameters, arguments).filter { $0.initial != $1.rendered(.short) }
    return name + "(" + given.map { "\($0.name): \($1.rendered(.short))" }.joined(separator: ", ") + ")"
  }
}

/// Where the start of a trainable parameter is drawn from.
struct ParameterStart {
  let key: RandomKey
  /// How many numbers the layer reads that the parameter belongs to.
  let fanIn: Int
  /// The value of the weight that the operator is attached to.
  let weight: ClosureOperator.Weight
}

extension SiteCatalog.Entry {
  /// The axes, where the prompt decides none of them.
  fileprivate var knownAxes: [(name: String, size: Int)] {
    let known = axes.compactMap { axis in axis.size.map { (name: axis.name, size: $0) } }
    return known.count == axes.count ? known : []
  }
}

extension OperatorArgument {
  /// An argument as it was given in a script; nil stands for a default.
  init?(script name: String, _ value: Interpreter.Value) {
    switch value {
    case .null: return nil
    case .bool(let value): self.init(name, .flag(value))
    case .int(let value): self.init(name, .integer(value))
    case .float(let value): self.init(name, .number(Float(value)))
    case .object(let object as StringObject): self.init(name, .text(object.text))
    case .object(let object as TensorObject): self.init(name, .tensor(object.tensor))
    case .object(let object as FittedObject): self.init(name, .fitted(object.function))
    case .object(let object): self.init(name, .function(source: object.rendered(.short)))
    }
  }
}

extension Strength {
  /// A number, a tensor with an axis `layer`, or a function of the sample's prompt text.
  init(_ value: Value, for parameter: String, _ call: NativeCall) throws {
    if let number = value.doubleValue {
      self = .number(Float(number))
    } else if value.tensor != nil {
      self = .layers(try call.tensor(parameter).to(.f32))
    } else if value.isCallable {
      let session = call.session
      let source = value.rendered(.short)
      self = .function(source: source) { sample in
        let about = Value.record([("index", .int(sample.index)), ("text", .string(sample.tokens.userText))])
        guard let number = try session.call(value, about).doubleValue else {
          throw ScriptError(.typeMismatch, "the strength `\(source)` must give a number")
        }
        return Float(number)
      }
    } else {
      throw call.wrongType(parameter, expected: "a number, a tensor with an axis `layer`, or a function of the sample")
    }
  }
}

extension ScriptOperators {
  /// Makes operators of saved files again by the name of an `operator` of this session. A function's source in a file is
  /// never run: reading a file runs no code from it.
  var registry: OperatorRegistry {
    OperatorRegistry(
      custom: { name, arguments in try made(name, arguments).map { try operation(from: $0) } },
      trainable: { name, arguments in try made(name, arguments).map { try trainable(from: $0) } })
  }

  /// What an `operator` of this name makes of these arguments; nil where there is none.
  private func made(_ name: String, _ arguments: [OperatorArgument]) throws -> Value? {
    guard let declared = session.describe(name), declared.kind == "operator", !declared.isNative,
      let maker = session.value(of: name)
    else { return nil }
    let named = try arguments.map { argument in (argument.name, try value(argument, of: name)) }
    return try session.call(maker, Arguments([], named: named))
  }

  private func value(_ argument: OperatorArgument, of name: String) throws -> Value {
    switch argument.value {
    case .integer(let value): return .int(value)
    case .number(let value): return .float(Double(decimal: value))
    case .flag(let value): return .bool(value)
    case .text(let text): return .string(text)
    case .tensor(let tensor): return Value(tensor)
    case .tokens(let source): return .object(TokensObject(try TokenSelector(source)))
    case .fitted(let function): return .object(FittedObject(function))
    case .function(let source):
      throw ScriptError(
        .badArgument,
        "the saved operator `\(name)` was given the function `\(source)`, and functions are not read from files")
    }
  }
}
