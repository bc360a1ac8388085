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
  /// Which of the file's tensors an argument came from, for errors.
  public let origins: [String: String]

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
    parameters: [Parameter] = [], origins: [String: String] = [:]
  ) {
    self.place = place
    self.tokens = tokens
    self.operation = operation
    self.arguments = arguments
    self.parameters = parameters
    self.origins = origins
  }

  /// `loreft(rank: 4)`
  public var operatorSource: String {
    operation + "("
      + arguments.map { $0.isPositional ? $0.valueText : "\($0.name): \($0.valueText)" }.joined(separator: ", ") + ")"
  }

  /// Whether another edit says the same of another place. Those whose arguments hold tensors differ.
  func isAlike(_ other: ForeignEdit) -> Bool {
    operatorSource == other.operatorSource && tokens == other.tokens && !holdsTensors && !other.holdsTensors
      && place.site?.point.isWeight == other.place.site?.point.isWeight
  }

  var holdsTensors: Bool {
    arguments.contains { argument in
      switch argument.value {
      case .tensor, .fitted: true
      default: false
      }
    }
  }
}

extension OperatorArgument {
  fileprivate var valueText: String {
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
