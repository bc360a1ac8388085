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

  /// The model without its interventions.
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
    if let foreign = other.object as? ForeignObject {
      let intervention = try foreign.intervention(for: model, in: session)
      return .object(ModelObject(try steered.with(intervention, key: bench.nextKey()), bench))
    }
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
    let compute = model.compute == .f32 ? "" : ", multiplied as \(model.compute.rawValue)"
    var rows = [("parameters", "\(model.parameterCount.grouped), stored as \(model.dtype.rawValue)\(compute)")]
    rows += model.configuration.parts.map { ($0.name, $0.text) }
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
