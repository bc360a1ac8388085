import Autodiff
import Tensors

/// Makes operators again from their names and arguments, as a file holds them.
///
/// Built-in operators are known; what a script defined is asked of the closures given here.
public struct OperatorRegistry {
  /// An operator that a script defines, or nil when it defines none of that name.
  public var custom: (_ name: String, _ arguments: [OperatorArgument]) throws -> (any Operator)?
  /// A function that can be fitted, by the name of the operator that a script defines; nil when it defines none.
  public var trainable: (_ name: String, _ arguments: [OperatorArgument]) throws -> TrainableFunction?
  /// A function of the activations from its source: what `add(g)` calls.
  public var function: (_ source: String) throws -> ((Variable) throws -> Variable)?
  /// A strength that depends on the sample, from its source.
  public var strength: (_ source: String) throws -> ((SampleContext) throws -> Float)?

  public init(
    custom: @escaping (String, [OperatorArgument]) throws -> (any Operator)? = { _, _ in nil },
    trainable: @escaping (String, [OperatorArgument]) throws -> TrainableFunction? = { _, _ in nil },
    function: @escaping (String) throws -> ((Variable) throws -> Variable)? = { _ in nil },
    strength: @escaping (String) throws -> ((SampleContext) throws -> Float)? = { _ in nil }
  ) {
    self.custom = custom
    self.trainable = trainable
    self.function = function
    self.strength = strength
  }

  /// The names of the built-in operators.
  public static let builtIn: [String] =
    ["add", "scale", "replace", "patch", "zero", "mean_ablate", "project_out", "clamp"]
    + LowRankEdit.Form.allCases.map(\.rawValue)

  /// An operator by its name; a script's own definition goes before a built-in one.
  ///
  /// - Parameter path: the file that asks, for errors.
  /// - Throws: `InterventionError.unknownOperator`, `.file` for arguments that are missing or of another kind.
  public func make(_ name: String, _ list: [OperatorArgument], path: String) throws -> any Operator {
    // A script's own definition goes first: the standard library defines `mores` by its equation.
    if let own = try custom(name, list) { return own }
    let arguments = Arguments(name: name, list: list, path: path)
    switch name {
    case "add":
      let strength = try arguments.has("strength") ? self.strength(arguments["strength"], path) : .number(1)
      let reference = try arguments.has("at") ? TokenSelector(arguments.tokens("at")) : nil
      switch try arguments["v"] {
      case .fitted(let function): return Add(function, strength: strength, at: reference)
      case .function(let source):
        guard let function = try function(source) else { throw missing(source, path) }
        return Add(source: source, strength: strength, at: reference, function)
      default: return Add(try arguments.tensor("v"), strength: strength)
      }
    case "scale":
      if case .tensor(let tensor) = try arguments["factor"] { return Scale(tensor) }
      return Scale(try self.strength(arguments["factor"], path))
    case "replace":
      if case .tensor(let tensor) = try arguments["value"] { return Replace(tensor) }
      return Replace(try arguments.number("value"))
    case "patch": return Replace.patch(try arguments.tensor("value"))
    case "zero": return Replace.zero
    case "mean_ablate": return Replace.meanAblate(try arguments.tensor("mean"))
    case "project_out": return ProjectOut(try arguments.tensor("directions"))
    case "clamp":
      return try Clamp(
        min: arguments.has("min") ? arguments.number("min") : nil,
        max: arguments.has("max") ? arguments.number("max") : nil,
        direction: arguments.has("direction") ? arguments.tensor("direction") : nil)
    default:
      guard let form = LowRankEdit.Form(rawValue: name) else { throw missing(name, path) }
      let activation = try arguments.has("activation") ? arguments.text("activation") : "identity"
      guard let activation = LowRankEdit.Activation(rawValue: activation) else {
        throw arguments.fault(
          "activation", "one of \(LowRankEdit.Activation.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      return try LowRankEdit(
        form, rank: arguments.integer("rank"), identity: arguments.has("identity") && arguments.flag("identity"),
        activation: activation)
    }
  }

  func strength(_ value: OperatorArgument.Value, _ path: String) throws -> Strength {
    switch value {
    case .number(let number): return .number(number)
    case .integer(let number): return .number(Float(number))
    case .tensor(let tensor): return .layers(tensor)
    case .function(let source):
      guard let function = try strength(source) else { throw missing(source, path) }
      return .function(source: source, function)
    default: throw InterventionError.file(path: path, reason: "a strength must be a number, a tensor or a function")
    }
  }

  private func missing(_ name: String, _ path: String) -> InterventionError {
    .unknownOperator(path: path, name: name, known: Self.builtIn)
  }

  private struct Arguments {
    let name: String
    let list: [OperatorArgument]
    let path: String

    func has(_ argument: String) -> Bool { list.contains { $0.name == argument } }

    subscript(_ argument: String) -> OperatorArgument.Value {
      get throws {
        guard let found = list.first(where: { $0.name == argument }) else { throw fault(argument, "present") }
        return found.value
      }
    }

    func tensor(_ argument: String) throws -> Tensor {
      guard case .tensor(let tensor) = try self[argument] else { throw fault(argument, "a tensor") }
      return tensor
    }

    func number(_ argument: String) throws -> Float {
      switch try self[argument] {
      case .number(let number): return number
      case .integer(let number): return Float(number)
      default: throw fault(argument, "a number")
      }
    }

    func integer(_ argument: String) throws -> Int {
      guard case .integer(let number) = try self[argument] else { throw fault(argument, "an integer") }
      return number
    }

    func flag(_ argument: String) throws -> Bool {
      guard case .flag(let flag) = try self[argument] else { throw fault(argument, "true or false") }
      return flag
    }

    func text(_ argument: String) throws -> String {
      guard case .text(let text) = try self[argument] else { throw fault(argument, "a string") }
      return text
    }

    func tokens(_ argument: String) throws -> String {
      guard case .tokens(let source) = try self[argument] else { throw fault(argument, "a selector of tokens") }
      return source
    }

    func fault(_ argument: String, _ expected: String) -> InterventionError {
      .file(path: path, reason: "argument `\(argument)` of `\(name)` must be \(expected)")
    }
  }
}
