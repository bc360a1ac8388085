import Interventions
import Models
import Tensors

extension ForeignFile {
  /// The intervention that it is, its parameters at the sites of one model; bind it to that model or give it to `with`.
  ///
  /// - Parameter registry: makes the operators; those of the standard library come from the language's session.
  /// - Throws: `InteropError.misfit` with the file's tensor and both shapes, `.noPlace`, `.nothingMapped`;
  ///   `InterventionError.unknownOperator`.
  public func intervention(for configuration: ModelConfiguration, registry: OperatorRegistry) throws -> Intervention {
    guard !edits.isEmpty else {
      throw InteropError(path, .nothingMapped(reasons: unmapped.map { "\($0.what) (\($0.reason))" }))
    }
    try requirement?(configuration)
    let catalog = SiteCatalog(configuration)
    return Intervention(
      edits: try groups.map { group in
        let arguments = try group[0].functions.map { try argument($0, registry) } + group[0].arguments
        let operation = try registry.make(group[0].operation, arguments, path: path)
        var sites: [Site] = []
        let binding = try group.map { edit in
          let entry = try entry(of: edit.place, configuration, catalog).selecting(edit.tokens.mostPositions)
          try check(edit, operation, at: entry)
          sites.append(entry.site)
          return Edit.SiteParameters(
            site: entry.site,
            parameters: edit.parameters.map { NamedTensor($0.name, $0.tensor, isOrthonormal: $0.isOrthonormal) })
        }
        return Edit(
          sites: SitePattern(folding: sites), tokens: group[0].tokens, operation: operation, binding: binding)
      })
  }

  /// A function with its parameters, checked against those that its operator has here.
  private func argument(_ own: ForeignEdit.Function, _ registry: OperatorRegistry) throws -> OperatorArgument {
    guard let function = try registry.trainable(own.operation, own.arguments) else {
      throw InterventionError.unknownOperator(path: path, name: own.operation, known: [])
    }
    let parameters = try function.shapes(width: own.width).map { name, shape in
      guard let found = own.parameters.first(where: { $0.name == name }) else {
        throw InteropError(path, .missing(tensor: name, present: own.parameters.map(\.origin)))
      }
      guard found.tensor.shape == shape else {
        throw InteropError(
          path, .misfit(tensor: found.origin, found: "\(found.tensor.shape)", site: own.source, expected: "\(shape)"))
      }
      return NamedTensor(name, found.tensor, isOrthonormal: found.isOrthonormal)
    }
    return OperatorArgument(
      own.argument,
      .fitted(
        FittedFunction(
          function, parameters: parameters, width: own.width, quality: FittedFunction.Quality(samples: 0, r2: nil))),
      isPositional: true)
  }

  private func entry(
    of place: ForeignPlace, _ configuration: ModelConfiguration, _ catalog: SiteCatalog
  ) throws -> SiteCatalog.Entry {
    func missing(_ reason: String) -> InteropError { InteropError(path, .noPlace(name: place.name, reason: reason)) }
    let site: Site
    switch place {
    case .site(let own, _): site = own
    case .named(let name, _):
      do { site = try Site(named: name, in: configuration) } catch { throw missing("\(error)") }
    }
    guard let entry = catalog[site] else {
      let layers = catalog.layerCount(site.stack)
      if let layer = site.layer, layer >= layers {
        throw missing(
          "it has \(layers) layers in the \(site.stack.rawValue), 0 to \(layers - 1), and this is layer \(layer)")
      }
      throw missing("there is no `\(site.path)`")
    }
    return entry
  }

  /// Shapes of the file's tensors against those that the operator has at a site.
  private func check(_ edit: ForeignEdit, _ operation: any Operator, at entry: SiteCatalog.Entry) throws {
    let expected = try operation.parameterShapes(for: entry)
    for (name, shape) in expected {
      guard let own = edit.parameters.first(where: { $0.name == name }) else {
        throw InteropError(path, .missing(tensor: name, present: edit.parameters.map(\.origin)))
      }
      guard own.tensor.shape == shape else {
        throw InteropError(
          path,
          .misfit(
            tensor: own.origin, found: "\(own.tensor.shape)", site: entry.site.path, expected: "\(shape)"))
      }
    }
    for function in edit.functions where entry.width != function.width {
      throw InteropError(
        path,
        .misfit(
          tensor: function.parameters.first?.origin ?? function.source, found: "for rows of \(function.width) numbers",
          site: entry.site.path, expected: "for rows of \(entry.width.map(String.init) ?? "no fixed width")"))
    }
    for argument in edit.arguments {
      guard case .tensor(let tensor) = argument.value,
        let axis = tensor.shape.index(of: "model") ?? tensor.shape.index(of: "hidden"),
        let width = entry.width, tensor.axes[axis].size != width
      else { continue }
      throw InteropError(
        path,
        .misfit(
          tensor: edit.origins[argument.name] ?? argument.name,
          found: "\(Shape(tensor.axes.filter { $0.name != "layer" }))", site: entry.site.path,
          expected: "of width \(width)"))
    }
  }
}

extension SitePattern {
  /// These sites as a short path: the layers of each kind folded into ranges, `.layers[0..3, 8].output`.
  public init(folding sites: [Site]) {
    var kinds: [(site: Site, layers: [Int])] = []
    for site in sites {
      let kind = Site(site.stack, site.point)
      let place = kinds.firstIndex { $0.site == kind && ($0.layers.isEmpty == (site.layer == nil)) }
      if let place {
        if let layer = site.layer { kinds[place].layers.append(layer) }
      } else {
        kinds.append((kind, site.layer.map { [$0] } ?? []))
      }
    }
    let text = kinds.map { kind, layers in
      guard !layers.isEmpty else { return "." + kind.path }
      let prefix = kind.stack == .decoder ? "" : kind.stack.rawValue + "."
      return ".\(prefix)layers[\(Self.ranges(layers))].\(kind.point.rawValue)"
    }.joined(separator: " + ")
    // What was folded is a path that can be read; should it not be, the sites themselves say the same.
    self = (try? SitePattern(text)) ?? SitePattern(sites)
  }

  private static func ranges(_ layers: [Int]) -> String {
    var runs: [ClosedRange<Int>] = []
    for layer in Set(layers).sorted() {
      if let last = runs.last, last.upperBound == layer - 1 {
        runs[runs.count - 1] = last.lowerBound...layer
      } else {
        runs.append(layer...layer)
      }
    }
    return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)..\($0.upperBound)" }
      .joined(separator: ", ")
  }
}
