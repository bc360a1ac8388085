import Models

/// A path that names any number of sites: `layers[1..4].output`, `vision.layers[*].output + projector.output`.
///
/// Of weights it names one kind, `layers[*].attention.query.weight`, or a group of all that lie below a place:
/// `layers[*].linears`, `layers[*].mlp.linears`, `decoder.parameters`.
///
/// It prints as the path literal that makes it. Matching it against a model gives sites in forward order.
public struct SitePattern: Sendable, Hashable {
  public let alternatives: [Alternative]

  /// One path: names, each with the indices it was written with.
  public struct Alternative: Sendable, Hashable {
    public let steps: [Step]

    public struct Step: Sendable, Hashable {
      public let name: String
      public let choice: IndexChoice?
    }

    /// Whether it names weights, by its last step.
    public var namesWeights: Bool {
      steps.last.map { ["weight", "bias"].contains($0.name) || WeightGroup(rawValue: $0.name) != nil } ?? false
    }

    var group: WeightGroup? { steps.last.flatMap { $0.choice == nil ? WeightGroup(rawValue: $0.name) : nil } }
    var path: String { steps.map { "." + $0.name + ($0.choice?.description ?? "") }.joined() }
  }

  public init(alternatives: [Alternative]) { self.alternatives = alternatives }

  /// Whether all of it names weights, as far as the words say.
  public var namesWeights: Bool { !alternatives.isEmpty && alternatives.allSatisfy(\.namesWeights) }

  /// Reads one path from its steps, as a script's path literal gives them.
  public init(_ steps: [PathStep]) throws {
    self.init(alternatives: [try Self.alternative(steps)])
  }

  /// Reads the text that a pattern prints as; leading dots may be left out.
  public init(_ text: String) throws {
    var alternatives: [Alternative] = []
    for steps in try PathReader.alternatives(text) { alternatives.append(try Self.alternative(steps)) }
    self.init(alternatives: alternatives)
  }

  /// Exactly these sites.
  public init(_ sites: [Site]) {
    self.init(
      alternatives: sites.map { site in
        Alternative(
          steps: site.steps.map { Alternative.Step(name: $0.name, choice: $0.index.map { .items([.one($0)]) }) })
      })
  }

  public static func + (left: Self, right: Self) -> Self { Self(alternatives: left.alternatives + right.alternatives) }

  private static func alternative(_ steps: [PathStep]) throws(InterventionError) -> Alternative {
    let path = steps.map(\.source).joined()
    var read: [Alternative.Step] = []
    for (number, step) in steps.enumerated() {
      if case .call = step.suffix { throw .path(path, "a site is indexed with [ ], not called with ( )") }
      // `decoder.layers[0]` says the same as `layers[0]`; a group alone would not say of what.
      if number == 0, step == PathStep(Site.Stack.decoder.rawValue), steps.count > 1,
        WeightGroup(rawValue: steps[1].name) == nil
      {
        continue
      }
      if step.name.isEmpty { throw .path(path, "an index follows a name, for instance layers[3]") }
      var choice: IndexChoice?
      if case .index(let values) = step.suffix { choice = try IndexChoice(values, in: path) }
      read.append(Alternative.Step(name: step.name, choice: choice))
    }
    guard !read.isEmpty else { throw .path(path, "it is empty") }
    return Alternative(steps: read)
  }
}

/// A last step that names every weight of a kind below a place.
public enum WeightGroup: String, Sendable, CaseIterable {
  /// The linear maps `[output, input]`, without biases, embeddings and the output layer.
  case linears
  /// Every weight: linear maps, biases, norms, embeddings.
  case parameters

  func holds(_ entry: SiteCatalog.Entry) -> Bool { self == .parameters || entry.isLinear }
}

extension SitePattern: CustomStringConvertible {
  /// The path literal that makes it: `.layers[1..4].output`.
  public var description: String { alternatives.map(\.path).joined(separator: " + ") }
}

extension Site {
  /// The path as names with a block's index: `vision.layers[2].mlp.output`.
  public var steps: [(name: String, index: Int?)] {
    var steps: [(name: String, index: Int?)] = stack == .decoder ? [] : [(stack.rawValue, nil)]
    if let layer { steps.append(("layers", layer)) }
    steps += point.rawValue.split(separator: ".").map { (String($0), nil) }
    return steps
  }
}
