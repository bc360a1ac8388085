import Autodiff
import Models
import Tensors

/// What an intervention does to the activations it selects or to a weight: `add(v)`, `mores(rank: 1)`, `lora(rank: 8)`, or a
/// script's own function.
///
/// An operator is a value without parameters of its own; `Intervention.bind` draws one set of parameters for each
/// site it acts at. Before a run it is made ready for every site, where work that no token depends on (slicing a
/// tensor by layer, orthonormalising) is done once.
public protocol Operator: Sendable {
  /// Its name in scripts and files: `mores`.
  var name: String { get }
  /// What makes it again, apart from its parameters.
  var arguments: [OperatorArgument] { get }
  /// The source that makes it: `mores(rank: 1)`.
  var source: String { get }
  /// Whether it looks at more than what it edits. At the weight of a linear map it edits what the map gives, in every pass and
  /// at every position, and looks at what the map reads: its context's `input`. At activations of the decoder it looks at what
  /// the vision tower made of the rows that edits added to the sample's images: `virtualRows`.
  var readsInput: Bool { get }
  /// Fresh parameters for a site, in a fixed order; equal keys give equal bits.
  func initialise(for site: SiteCatalog.Entry, key: RandomKey) throws -> [NamedTensor]
  /// The same for a weight, whose value a parameter may start from.
  func initialise(for site: SiteCatalog.Entry, key: RandomKey, weight: () throws -> Tensor) throws -> [NamedTensor]
  /// The shapes of the parameters that `initialise` gives, without drawing any: a configuration is enough to count them.
  func parameterShapes(for site: SiteCatalog.Entry) throws -> [(name: String, shape: Shape)]
  /// The operator with its parameters, ready for one site. Parameters that are tracked get gradients in a pass that
  /// gradients go through.
  ///
  /// - Throws: `InterventionError.misfit` when it cannot act there.
  func prepare(for site: SiteCatalog.Entry, parameters: [String: Variable]) throws -> any PreparedOperator
}

/// A tensor with the name it has in scripts and files.
public struct NamedTensor: Sendable {
  public let name: String
  public let tensor: Tensor
  /// Whether its rows are to stay orthonormal when it is trained: it was drawn by `orthogonal()`.
  public let isOrthonormal: Bool

  public init(_ name: String, _ tensor: Tensor, isOrthonormal: Bool = false) {
    self.name = name
    self.tensor = tensor
    self.isOrthonormal = isOrthonormal
  }
}

/// An operator at one site, with its parameters. Runs on the thread of the forward pass.
public protocol PreparedOperator: AnyObject {
  /// The number that the operator multiplies by, where that depends on the layer or the sample.
  var strength: Strength { get }
  /// The strength at which it changes nothing; it is not called then, so that no bit changes.
  var neutralStrength: Float? { get }
  /// - Parameters:
  ///   - hidden: the selected positions: `[token, model]`; at sites of rank three `[head, token, feature]` or
  ///     `[head, query, key]` with the selected tokens along the second axis. Or a weight, such as `[output, input]`, f32.
  ///   - strength: the value of `strength` here.
  /// - Returns: the same shape as `hidden`.
  func apply(_ hidden: Tensor, strength: Float, at context: EditContext) throws -> Tensor
  /// The same in a pass that gradients go through; the bits are those of the other.
  ///
  /// - Parameter strength: a number without axes.
  /// - Throws: `AutodiffError.noDerivative` for an operator that has none, where a gradient is wanted.
  func apply(_ hidden: Variable, strength: Variable, at context: EditContext) throws -> Variable
}

extension PreparedOperator {
  public var strength: Strength { .number(1) }
  public var neutralStrength: Float? { nil }
}

/// A prepared operator that treats every row by itself, so that the rows of many samples can go through it in one piece.
public protocol RowwiseOperator: PreparedOperator {
  /// - Parameters:
  ///   - rows: as `hidden` of `apply`, of any number of samples.
  ///   - strength: a number, or one for each row along the axis of the rows.
  ///   - ordinals: for each row its place among all positions that the selector names in its sample.
  func edit(_ rows: Variable, strength: Variable, ordinals: [Int]) throws -> Variable
}

extension RowwiseOperator {
  public func apply(_ hidden: Variable, strength: Variable, at context: EditContext) throws -> Variable {
    try edit(hidden, strength: strength, ordinals: context.ordinals)
  }
}

/// A prepared operator that treats every row by itself and edits it in place without allocating.
public protocol RowOperator: RowwiseOperator {
  /// Edits one row: the site's last axis at one position (and head).
  func edit(_ row: UnsafeMutableBufferPointer<Float>, strength: Float, at place: RowPlace) throws
}

/// Which row a row operator is editing.
public struct RowPlace {
  /// The head, 0 at sites without heads.
  public let head: Int
  /// The position's place among all positions that the selector names in this sample.
  public let ordinal: Int
}

extension RowOperator {
  public func apply(_ hidden: Tensor, strength: Float, at context: EditContext) throws -> Tensor {
    try edited(hidden, ordinals: context.ordinals) { _ in strength }
  }

  /// A copy with every row edited in place, each with its strength.
  func edited(_ rows: Tensor, ordinals: [Int], strength: (_ row: Int) -> Float) throws -> Tensor {
    let sizes = rows.shape.sizes
    let width = sizes.last ?? 1
    let tokens = sizes.dropLast().last ?? 1
    return try Tensor(rows.shape) { out in
      rows.withFloats { _ = out.update(fromContentsOf: $0) }
      guard width > 0, tokens > 0 else { return }
      for row in 0..<rows.count / width {
        let place = RowPlace(head: row / tokens, ordinal: ordinals[row % tokens])
        try edit(
          UnsafeMutableBufferPointer(rebasing: out[row * width..<(row + 1) * width]), strength: strength(row % tokens),
          at: place)
      }
    }
  }
}

/// One argument of an operator as a script writes it: `rank: 1`.
public struct OperatorArgument: Sendable {
  public let name: String
  public let value: Value
  /// Whether the name may be left out, as in `add(v)`.
  public let isPositional: Bool

  public enum Value: Sendable {
    case integer(Int)
    case number(Float)
    case flag(Bool)
    case text(String)
    case tensor(Tensor)
    /// A function of a script; it is shown and saved as its source.
    case function(source: String)
    /// A selector of tokens, as its source.
    case tokens(source: String)
    case fitted(FittedFunction)
  }

  public init(_ name: String, _ value: Value, isPositional: Bool = false) {
    self.name = name
    self.value = value
    self.isPositional = isPositional
  }

  var source: String {
    let text =
      switch value {
      case .integer(let value): "\(value)"
      case .number(let value): numberText(value)
      case .flag(let value): "\(value)"
      case .text(let text): sourceLiteral(text)
      case .tensor(let tensor): "‹\(tensor.shape)›"
      case .function(let source), .tokens(let source): source
      case .fitted(let function): "‹\(function)›"
      }
    return isPositional ? text : "\(name): \(text)"
  }
}

extension Operator {
  /// The source that makes it: `mores(rank: 1)`. Tensors stand as their shape between ‹ ›.
  public var source: String { name + "(" + arguments.map(\.source).joined(separator: ", ") + ")" }

  public var readsInput: Bool { false }

  public func initialise(for site: SiteCatalog.Entry, key: RandomKey) throws -> [NamedTensor] { [] }

  public func initialise(
    for site: SiteCatalog.Entry, key: RandomKey, weight: () throws -> Tensor
  ) throws -> [NamedTensor] { try initialise(for: site, key: key) }

  public func parameterShapes(for site: SiteCatalog.Entry) throws -> [(name: String, shape: Shape)] {
    try initialise(for: site, key: RandomKey(seed: 0)).map { ($0.name, $0.tensor.shape) }
  }

  /// How many numbers its parameters are at one site.
  public func parameterCount(at site: SiteCatalog.Entry) throws -> Int {
    try parameterShapes(for: site).reduce(0) { $0 + $1.shape.count }
  }

  /// The operator with parameters that are constants.
  public func prepare(for site: SiteCatalog.Entry, parameters: [NamedTensor]) throws -> any PreparedOperator {
    try prepare(for: site, parameters: parameters.byName.mapValues { Variable($0) })
  }

  func misfit(_ site: SiteCatalog.Entry, _ reason: String) -> InterventionError { misfit(site.site, reason) }

  func misfit(_ site: Site, _ reason: String) -> InterventionError {
    .misfit(operation: source, site: site.path, reason: reason)
  }

  /// The width that parameters with the axis `model` have here.
  func width(of site: SiteCatalog.Entry) throws(InterventionError) -> Int {
    guard let width = site.width else {
      throw misfit(site, "its rows \(site.shapeText) have no fixed width; use scale, zero, clamp or a function")
    }
    return width
  }
}
