import Interpreter
import Interventions
import Models
import Syntax
import Tensors

/// A model as a value, with the interventions that `with` gave it.
final class ModelObject: HostObject {
  let steered: SteeredModel
  private unowned let bench: Workbench

  init(_ steered: SteeredModel, _ bench: Workbench) {
    self.steered = steered
    self.bench = bench
  }

  var model: Model { steered.base }

  override var typeName: String { "model" }

  /// `m.layers[12]`: a path bound to the model; the rest is facts about it.
  override func member(_ name: String, in session: Session) throws -> Value? {
    let path = PathObject([PathObject.Segment(name)])
    if path.namesSites { return .object(BoundPathObject(self, path)) }
    switch name {
    case "name": return .string(model.origin)
    case "dtype": return .string(model.dtype.rawValue)
    case "width": return .int(model.configuration.decoder.block.width)
    case "depth": return .int(model.configuration.decoder.layers)
    case "vocabulary": return .int(model.configuration.decoder.vocabulary)
    case "fingerprint": return .string(model.fingerprint.description)
    case "interventions": return .list(steered.interventions.map { .object(InterventionObject($0, bench)) })
    default: return nil
    }
  }

  override var memberNames: [String] {
    ["layers", "vision", "projector", "embeddings", "norm", "logits", "name", "dtype", "width", "depth", "vocabulary"]
      + ["fingerprint", "interventions"]
  }

  override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? {
    guard op == .with, !swapped else { return nil }
    guard let intervention = (other.object as? InterventionObject)?.intervention else {
      throw ScriptError(
        .typeMismatch, "`with` needs an intervention, `site on tokens => operator`, found \(other.typePhrase)")
    }
    return .object(ModelObject(try steered.with(intervention, key: bench.nextKey()), bench))
  }

  override func isEqual(to other: Object) -> Bool {
    guard let other = other as? ModelObject, other.model === model else { return false }
    return other.steered.interventions.map(\.description) == steered.interventions.map(\.description)
  }

  override func rendered(_ style: RenderingStyle) -> String {
    let line = "model \(model.origin)" + steered.interventions.map { " with \($0)" }.joined()
    guard style.form == .full else { return line }
    let configuration = model.configuration
    let decoder = configuration.decoder
    var rows = [("parameters", "\(model.parameterCount.grouped), stored as \(model.dtype.rawValue)")]
    if let vision = configuration.vision {
      rows.append(
        (
          "vision",
          "\(vision.layers) layers, width \(vision.block.width), \(vision.patches) patches of "
            + "\(vision.patchSize) × \(vision.patchSize) pixels"
        ))
    }
    rows.append(
      (
        "decoder",
        "\(decoder.layers) layers, width \(decoder.block.width), \(decoder.block.heads) heads, "
          + "\(decoder.vocabulary.grouped) tokens, up to \(decoder.maximumPositions.grouped) positions"
      ))
    for intervention in steered.interventions { rows.append(("with", intervention.description)) }
    return "model \(model.origin)\n" + rows.map { "  " + $0.padded(to: 12) + $1 }.joined(separator: "\n")
  }
}

extension Int {
  /// 1106656 as 1,106,656.
  var grouped: String {
    let digits = String(magnitude)
    var out = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place) % 3 == 0 { out += "," }
      out.append(digit)
    }
    return (self < 0 ? "-" : "") + out
  }
}

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
    try path.member(name, in: session).flatMap { try bound($0) }
  }

  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    try bound(try path.index(arguments, in: session)) ?? .null
  }

  /// The longer path; one that names nothing is an error that lists what is there.
  private func bound(_ value: Value) throws -> Value? {
    guard let path = value.object as? PathObject else { return nil }
    let catalog = SiteCatalog(model.model.configuration)
    let steps = try path.steps()
    guard catalog.entries.contains(where: { catalog.holds($0.site, below: steps) }) else {
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
    return SiteCatalog(model.model.configuration).names(after: steps)
  }

  override func rendered(_ style: RenderingStyle) -> String {
    guard style.form == .full else { return path.rendered(.short) }
    let catalog = SiteCatalog(model.model.configuration)
    guard let steps = try? path.steps() else { return path.rendered(.short) }
    return catalog.entries.filter { catalog.holds($0.site, below: steps) }
      .map { "." + $0.site.path + "  " + $0.shapeText }.joined(separator: "\n")
  }
}

/// The tree of a model's sites.
final class SiteTreeObject: HostObject {
  let tree: SiteTree

  init(_ tree: SiteTree) { self.tree = tree }

  override var typeName: String { "site tree" }
  override func rendered(_ style: RenderingStyle) -> String {
    style.form == .full ? tree.description : "site tree of \(tree.lines.filter { !$0.shape.isEmpty }.count) points"
  }
}
