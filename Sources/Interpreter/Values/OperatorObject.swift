import Syntax

/// What an `operator` declaration with a body says, without the values.
final class OperatorDefinition: Sendable {
  struct Trainable: Sendable {
    let name: String
    let axes: [Axis]
    let documentation: String?
  }

  struct Axis: Sendable {
    let name: String
    /// Whether a size is written behind the name.
    let hasSize: Bool
  }

  let name: String
  let signature: Signature
  let trainables: [Trainable]
  /// The update's own parameters: `h`, and what else it asks for.
  let applyParameters: [String]
  let body: OperatorBody
  /// The names in the body that mean the standard library's, and those that mean nothing, such as names of axes.
  let standardNames: Set<String>
  let undefinedNames: Set<String>

  init(
    name: String, signature: Signature, trainables: [Trainable], applyParameters: [String], body: OperatorBody,
    standardNames: Set<String>, undefinedNames: Set<String>
  ) {
    self.name = name
    self.signature = signature
    self.trainables = trainables
    self.applyParameters = applyParameters
    self.body = body
    self.standardNames = standardNames
    self.undefinedNames = undefinedNames
  }
}

/// An operator defined in a script, with its arguments: `mores(rank: 1)`.
///
/// The host makes initial values for the trainable parameters, keeps them, and applies the update:
///
///     let R = try op.initialise(0, sizes: ["rank": 1, "model": 96], in: session)
///     let h = try op.apply(parameters: ["R": R, …], to: h, in: session)
public final class OperatorObject: Container {
  public struct Axis: Sendable, Hashable {
    public let name: String
    /// From `name: size`, or from an int variable of the axis' name; nil where the host decides, or a function of the
    /// site's sizes, `row: fn site -> site.input / 4`.
    public let size: Int?
  }

  /// A `param` of the operator.
  public struct Parameter {
    public let name: String
    public let axes: [Axis]
    public let documentation: String?
    let initial: FunctionObject
    /// For each axis, how its size follows from those of the site; nil where it does not.
    let sizes: [FunctionObject?]
  }

  /// Asked for by natives such as `orthogonal()`: which parameter gets an initial value.
  public struct Initialisation: Sendable {
    public let operatorName: String
    public let parameterName: String
    /// Position among the operator's parameters, for seeding.
    public let position: Int
    public let axes: [(name: String, size: Int)]
  }

  public let name: String
  public let signature: Signature
  /// One for each of the signature's parameters.
  public private(set) var arguments: [Value]
  public private(set) var parameters: [Parameter]
  private var update: FunctionObject
  private let definition: OperatorDefinition

  init(_ definition: OperatorDefinition, arguments: [Value], parameters: [Parameter], update: FunctionObject) {
    self.definition = definition
    name = definition.name
    signature = definition.signature
    self.arguments = arguments
    self.parameters = parameters
    self.update = update
    super.init(kind: .operation)
  }

  deinit { dismantle() }

  override func surrender(into pending: inout [Container]) {
    arguments.surrender(into: &pending)
    pending.append(contentsOf: parameters.flatMap { [$0.initial] + $0.sizes.compactMap { $0 } })
    parameters = []
  }

  public override var typeName: String { "operator" }

  /// The arguments it was made with, by name.
  public var argumentRecord: RecordObject {
    RecordObject(Array(zip(signature.parameters.map(\.name), arguments)))
  }

  /// The names of the update's parameters: `h` first.
  public var updateParameters: [String] { definition.applyParameters }

  /// What the declaration says, for hosts that look at the update.
  public var body: OperatorBody { definition.body }

  /// Whether a name in the body means the standard library's.
  public func usesStandard(_ name: String) -> Bool { definition.standardNames.contains(name) }

  /// Whether a name in the body means nothing by itself, as the name of an axis does.
  public func usesUndefined(_ name: String) -> Bool { definition.undefinedNames.contains(name) }

  /// Where the operator is declared: the declaration's text.
  public var declaration: String { update.source }

  /// The source that makes it again: `mores(rank: 1)`.
  public override func rendered(_ style: RenderingStyle) -> String {
    let named = Arguments([], named: Array(zip(signature.parameters.map(\.name), arguments)))
    return "\(name)(\(Renderer(style).arguments(named)))"
  }

  public override func member(_ name: String, in session: Session) throws -> Value? { argumentRecord[name] }

  public override var memberNames: [String] { signature.parameters.map(\.name) }

  override func pairs(with other: Container) -> [(Value, Value)]? {
    guard let other = other as? OperatorObject, definition === other.definition else { return nil }
    return Array(zip(arguments, other.arguments))
  }

  /// The axes of a parameter at one place.
  ///
  /// - Parameters:
  ///   - position: of the parameter in `parameters`.
  ///   - sizes: of axes whose size the declaration leaves open; every such axis must be there.
  ///   - site: the axes that a parameter's axis `site` stands for, all of them.
  public func axes(
    of position: Int, sizes: [String: Int], site: [(name: String, size: Int)] = [], in session: Session
  ) throws -> [(name: String, size: Int)] {
    guard parameters.indices.contains(position) else {
      throw ScriptError(.badArgument, "`\(name)` has no parameter number \(position)")
    }
    let parameter = parameters[position]
    return try zip(parameter.axes, parameter.sizes).flatMap { axis, function in
      if let size = axis.size ?? sizes[axis.name] { return [(name: axis.name, size: size)] }
      if let function {
        return [(name: axis.name, size: try size(from: function, of: axis, parameter, sizes, session))]
      }
      if axis.name == "site", !site.isEmpty { return site }
      let known = sizes.keys.sorted()
      throw ScriptError(
        .badArgument,
        "the size of axis `\(axis.name)` of `\(parameter.name)` in `\(name)` is not known here"
          + (known.isEmpty ? "" : ", where there are \(Words.listing(known))"))
    }
  }

  private func size(
    from function: FunctionObject, of axis: Axis, _ parameter: Parameter, _ sizes: [String: Int], _ session: Session
  ) throws -> Int {
    let site = RecordObject(sizes.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })
    let value = try session.call(.object(function), Arguments([.object(site)]))
    guard let number = value.doubleValue, let size = Int(exactly: number), size > 0 else {
      throw ScriptError(
        .badArgument,
        "axis `\(axis.name)` of `\(parameter.name)` in `\(name)` would have the size \(value.rendered(.short)); "
          + "a size is an int of at least 1")
    }
    return size
  }

  /// The initial value of a parameter.
  ///
  /// - Parameters:
  ///   - position: of the parameter in `parameters`.
  ///   - sizes: of axes whose size the declaration leaves open; every such axis must be there.
  ///   - site: the axes that a parameter's axis `site` stands for, all of them.
  ///   - earlier: values of the parameters before it, by name, where its initial value uses them.
  public func initialise(
    _ position: Int, sizes: [String: Int], site: [(name: String, size: Int)] = [], earlier: [String: Value] = [:],
    in session: Session
  ) throws -> Value {
    let axes = try axes(of: position, sizes: sizes, site: site, in: session)
    let parameter = parameters[position]
    let context = Initialisation(
      operatorName: name, parameterName: parameter.name, position: position, axes: axes)
    let before = parameters[..<position].map { earlier[$0.name] ?? .null }
    return try session.initialising(context) { try session.call(.object(parameter.initial), Arguments(before)) }
  }

  /// The update: what the operator makes of `hidden`.
  ///
  /// - Parameters:
  ///   - values: of all parameters, by name.
  ///   - extra: for further parameters of the update (`h, x -> …`); as many as it asks for are used.
  public func apply(
    parameters values: [String: Value], to hidden: Value, extra: [Value] = [], in session: Session
  ) throws -> Value {
    let own = ([hidden] + extra).prefix(definition.applyParameters.count)
    guard own.count == definition.applyParameters.count else {
      throw ScriptError(
        .badCall, "the update of `\(name)` takes \(Words.listing(definition.applyParameters)); only `h` is given here")
    }
    let trained = try parameters.map { parameter in
      guard let value = values[parameter.name] else {
        throw ScriptError(.badArgument, "`\(name)` needs a value for its parameter `\(parameter.name)`")
      }
      return value
    }
    return try session.call(.object(update), Arguments(Array(own) + trained))
  }
}
