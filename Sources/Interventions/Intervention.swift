import Models
import Tensors

/// What is done to a model: `sites on tokens => operator`, `weights => operator`, several of them in order, or a share
/// of one.
///
/// An intervention is a value. It describes; `bind` gives its operators their parameters for one model, and a
/// `SteeredModel` applies it. It prints as the source that makes it again.
public struct Intervention: Sendable {
  public let node: Node
  /// The model whose parameters it carries; nil until it is bound.
  public let origin: ModelFingerprint?

  public indirect enum Node: Sendable {
    case edit(Edit)
    /// The first acts first.
    case sequence([Node])
    /// h + α · (a(h) − h)
    case scaled(Strength, Node)
  }

  public init(_ sites: SitePattern, on tokens: TokenSelector, _ operation: any Operator) {
    self.init(.edit(Edit(sites: sites, tokens: tokens, operation: operation)), origin: nil)
  }

  /// At weights, which have no tokens; or at every prompt token of activations.
  public init(_ sites: SitePattern, _ operation: any Operator) { self.init(sites, on: .all, operation) }

  /// All of them, the first acting first.
  public init(_ parts: [Intervention]) {
    self.init(.sequence(parts.flatMap(\.parts)), origin: parts.lazy.compactMap(\.origin).first)
  }

  /// These edits, the first acting first, with the parameters that they have; `bind` checks them against a model.
  public init(edits: [Edit]) {
    self.init(edits.count == 1 ? .edit(edits[0]) : .sequence(edits.map { .edit($0) }), origin: nil)
  }

  init(_ node: Node, origin: ModelFingerprint?) {
    self.node = node
    self.origin = origin
  }

  /// `a`, then `b`.
  public static func + (a: Intervention, b: Intervention) -> Intervention { Intervention([a, b]) }

  /// A share of what `a` adds: h + α · (a(h) − h). At 0 no bit changes, at 1 it is `a`.
  public static func * (share: Float, a: Intervention) -> Intervention { a.scaled(by: .number(share)) }

  /// A share of what it adds that depends on the layer or the sample.
  public func scaled(by strength: Strength) -> Intervention { Intervention(.scaled(strength, node), origin: origin) }

  private var parts: [Node] {
    guard case .sequence(let parts) = node else { return [node] }
    return parts
  }

  /// Every edit in it, in the order they act.
  public var edits: [Edit] { node.edits }
  /// Whether every operator has its parameters.
  public var isBound: Bool { edits.allSatisfy { $0.binding != nil } }
  /// How many numbers its parameters are; 0 until it is bound.
  public var parameterCount: Int { edits.reduce(0) { $0 + $1.parameterCount } }
}

/// One `sites on tokens => operator`.
public struct Edit: Sendable {
  public let sites: SitePattern
  /// `.all` at weights.
  public let tokens: TokenSelector
  public let operation: any Operator
  /// The sites it acts at in one model, each with its parameters; nil until it is bound.
  public let binding: [SiteParameters]?

  public struct SiteParameters: Sendable {
    public let site: Site
    public let parameters: [NamedTensor]

    public init(site: Site, parameters: [NamedTensor]) {
      self.site = site
      self.parameters = parameters
    }
  }

  /// - Parameter binding: parameters that are there already, from a file of another tool for instance.
  public init(sites: SitePattern, tokens: TokenSelector, operation: any Operator, binding: [SiteParameters]? = nil) {
    self.sites = sites
    self.tokens = tokens
    self.operation = operation
    self.binding = binding
  }

  public var parameterCount: Int {
    (binding ?? []).reduce(0) { $0 + $1.parameters.reduce(0) { $0 + $1.tensor.count } }
  }
}

extension Intervention.Node {
  var edits: [Edit] {
    switch self {
    case .edit(let edit): [edit]
    case .sequence(let parts): parts.flatMap(\.edits)
    case .scaled(_, let inner): inner.edits
    }
  }

  /// The same tree with every edit replaced.
  func mapEdits(_ change: (Edit) throws -> Edit) rethrows -> Self {
    switch self {
    case .edit(let edit): .edit(try change(edit))
    case .sequence(let parts): .sequence(try parts.map { try $0.mapEdits(change) })
    case .scaled(let strength, let inner): .scaled(strength, try inner.mapEdits(change))
    }
  }
}

extension Edit: CustomStringConvertible {
  /// `.layers[1..4].output on .image.first(2) => mores(rank: 1)`, `.layers[*].attention.query.weight => lora(rank: 8)`
  public var description: String {
    sites.namesWeights && tokens == .all
      ? "\(sites) => \(operation.source)" : "\(sites) on \(tokens) => \(operation.source)"
  }
}

extension Intervention: CustomStringConvertible {
  public var description: String { node.description }
}

extension Intervention.Node: CustomStringConvertible {
  public var description: String {
    switch self {
    case .edit(let edit): edit.description
    case .sequence(let parts): parts.map(\.operand).joined(separator: " + ")
    case .scaled(let strength, let inner): "\(strength.source) * (\(inner))"
    }
  }

  /// `+` binds tighter than `on` and `=>`, so parts stand in brackets.
  private var operand: String {
    switch self {
    case .edit, .sequence: "(\(self))"
    case .scaled: description
    }
  }
}
