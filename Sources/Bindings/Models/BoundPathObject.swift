import Interpreter
import Interventions
import Models
import Tensors

/// A path bound to a model, `m.layers[1..4].output`: prints the sites it names; where a site is wanted it is the path.
final class BoundPathObject: HostObject {
  let model: ModelObject
  let path: PathObject

  init(_ model: ModelObject, _ path: PathObject) {
    self.model = model
    self.path = path
  }

  override var typeName: String { "sites" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    if name == "tensor", namesWeights { return Value(try weights()) }
    return try path.member(name, in: session).flatMap { try bound($0) }
  }

  private var catalog: SiteCatalog { SiteCatalog(model.model.configuration) }

  private var namesWeights: Bool { (try? SitePattern(path.steps()).namesWeights) ?? false }

  /// The weight that the path names, as the steered model has it; the same weight of several layers along `layer`.
  private func weights() throws -> Tensor {
    try model.steered.weight(SitePattern(path.steps()))
  }

  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    try bound(try path.index(arguments, in: session)) ?? .null
  }

  /// The longer path; one that names nothing is an error that lists what is there.
  private func bound(_ value: Value) throws -> Value? {
    guard let path = value.object as? PathObject else { return nil }
    let catalog = self.catalog
    let steps = try path.steps()
    guard !catalog.entries(below: steps).isEmpty else {
      let count = catalog.layerCount(steps.first?.name == "vision" ? .vision : .decoder)
      let known = steps.last?.name == "layers" ? "layers 0 to \(count - 1)" : memberNames.joined(separator: ", ")
      throw ScriptError(
        .unknownMember, "`\(path.rendered(.short))` names nothing in \(model.model.origin), which has \(known) there")
    }
    return .object(BoundPathObject(model, path))
  }

  /// The names that can follow.
  override var memberNames: [String] {
    guard let steps = try? path.steps() else { return [] }
    return catalog.names(after: steps) + (namesWeights ? ["tensor"] : [])
  }

  override func rendered(_ style: RenderingStyle) -> String {
    guard style.form == .full else { return path.rendered(.short) }
    guard let steps = try? path.steps() else { return path.rendered(.short) }
    let catalog = self.catalog
    let found = catalog.entries(below: steps)
    let lines = found.filter { !$0.site.point.isWeight }.map { "." + $0.site.path + "  " + $0.shapeText }
    let weights = found.filter(\.site.point.isWeight)
    if lines.isEmpty { return weights.map { "." + $0.site.path + "  " + $0.shapeText }.joined(separator: "\n") }
    guard !weights.isEmpty else { return lines.joined(separator: "\n") }
    let place = weights.count == 1 ? "." + weights[0].site.path : path.rendered(.short) + ".parameters"
    let more = "and \(weights.count) weight\(weights.count == 1 ? "" : "s"): " + place
    return (lines + [more]).joined(separator: "\n")
  }
}
