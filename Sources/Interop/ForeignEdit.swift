import Interventions
import Models
import Tensors

/// Where another tool's edit acts.
public enum ForeignPlace: Sendable {
  /// A site of ours; `name` is what the file says.
  case site(Site, name: String)
  /// A name that only a model can decide, as `Site(named:in:)` does, and the site it most likely is.
  case named(String, likely: Site?)

  /// The site, as far as it is known without a model.
  public var site: Site? {
    switch self {
    case .site(let site, _): site
    case .named(_, let likely): likely
    }
  }

  /// What the file calls it.
  public var name: String {
    switch self {
    case .site(_, let name), .named(let name, _): name
    }
  }
}

/// One edit of another tool in our terms: at one site, on tokens, an operator of the standard library with its parameters.
public struct ForeignEdit: Sendable {
  public let place: ForeignPlace
  /// `.all` at weights.
  public let tokens: TokenSelector
  /// The operator's name in the standard library, `loreft`, and its arguments, which may hold tensors.
  public let operation: String
  public let arguments: [OperatorArgument]
  /// With the axes that the operator declares.
  public let parameters: [Parameter]
  /// Arguments that are functions with parameters: the g of `add(g)`.
  public let functions: [Function]
  /// Which of the file's tensors an argument came from, for errors.
  public let origins: [String: String]

  /// A function that another tool taught, as an operator of the standard library that can be fitted.
  public struct Function: Sendable {
    /// Which argument it is; it stands first, without its name.
    public let argument: String
    /// `mlp`
    public let operation: String
    public let arguments: [OperatorArgument]
    public let parameters: [Parameter]
    /// How many numbers a row has.
    public let width: Int

    public init(
      argument: String, operation: String, arguments: [OperatorArgument], parameters: [Parameter], width: Int
    ) {
      self.argument = argument
      self.operation = operation
      self.arguments = arguments
      self.parameters = parameters
      self.width = width
    }

    var source: String { "\(operation)(\(arguments.map(\.text).joined(separator: ", ")))" }
  }

  /// A parameter and what the file calls it: `intkey_layer_8….bin: rotate_layer`.
  public struct Parameter: Sendable {
    public let name: String
    public let tensor: Tensor
    public let origin: String
    /// Whether its rows are to stay orthonormal when it is trained.
    public let isOrthonormal: Bool

    public init(_ name: String, _ tensor: Tensor, from origin: String, isOrthonormal: Bool = false) {
      self.name = name
      self.tensor = tensor
      self.origin = origin
      self.isOrthonormal = isOrthonormal
    }
  }

  public init(
    at place: ForeignPlace, on tokens: TokenSelector, _ operation: String, _ arguments: [OperatorArgument] = [],
    parameters: [Parameter] = [], functions: [Function] = [], origins: [String: String] = [:]
  ) {
    self.place = place
    self.tokens = tokens
    self.operation = operation
    self.arguments = arguments
    self.parameters = parameters
    self.functions = functions
    self.origins = origins
  }

  /// `loreft(rank: 4)`
  public var operatorSource: String {
    "\(operation)(\((functions.map(\.source) + arguments.map(\.text)).joined(separator: ", ")))"
  }

  /// Whether another edit says the same of another place. Tensors in arguments are the same only where it is one tensor.
  func isAlike(_ other: ForeignEdit) -> Bool {
    operatorSource == other.operatorSource && tokens == other.tokens && functions.isEmpty && other.functions.isEmpty
      && zip(arguments, other.arguments).allSatisfy { Self.isSame($0.value, $1.value) }
      && place.site?.point.isWeight == other.place.site?.point.isWeight
  }

  private static func isSame(_ own: OperatorArgument.Value, _ other: OperatorArgument.Value) -> Bool {
    switch (own, other) {
    case (.tensor(let own), .tensor(let other)): own.storage === other.storage && own.byteOffset == other.byteOffset
    case (.fitted, _), (_, .fitted), (.tensor, _), (_, .tensor): false
    default: true
    }
  }
}

extension OperatorArgument {
  fileprivate var text: String { isPositional ? valueText : "\(name): \(valueText)" }

  private var valueText: String {
    switch value {
    case .integer(let value): "\(value)"
    case .number(let value): value == value.rounded() && abs(value) < 1e7 ? "\(Int(value))" : "\(value)"
    case .flag(let value): "\(value)"
    case .text(let text): "\"\(text)\""
    case .tensor(let tensor): "‹\(tensor.shape)›"
    case .function(let source), .tokens(let source): source
    case .fitted(let function): "‹\(function)›"
    }
  }
}
