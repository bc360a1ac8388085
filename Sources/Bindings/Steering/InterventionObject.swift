import Autodiff
import Interpreter
import Interventions
import Models
import Tensors
import Syntax

/// An intervention as a value: `a + b` is a, then b; `0.5 * a` half of what a adds.
final class InterventionObject: HostObject {
  let intervention: Intervention
  /// Shows how many sites and tokens it means, where a model is at hand.
  private weak var bench: Workbench?
  /// How it came to its parameters, if it was trained here.
  let training: TrainedIntervention?

  init(_ intervention: Intervention, _ bench: Workbench, training: TrainedIntervention? = nil) {
    self.intervention = intervention
    self.bench = bench
    self.training = training
  }

  override var typeName: String { "intervention" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    switch name {
    case "source": .string(intervention.description)
    case "history": try training.map { .object(TableObject(try $0.history.table())) }
    default: nil
    }
  }

  override var memberNames: [String] { ["source"] + (training == nil ? [] : ["history"]) }

  override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? {
    guard let bench else { return nil }
    if op == .add, let other = (other.object as? InterventionObject)?.intervention {
      return .object(InterventionObject(swapped ? other + intervention : intervention + other, bench))
    }
    if op == .multiply, let share = other.doubleValue {
      return .object(InterventionObject(Float(share) * intervention, bench))
    }
    if op == .multiply, let strength = try Variable(operand: other)?.constant(for: "*") {
      return .object(InterventionObject(intervention.scaled(by: .layers(strength.to(.f32))), bench))
    }
    return nil
  }

  override func isEqual(to other: Object) -> Bool {
    (other as? InterventionObject)?.intervention.description == intervention.description
  }

  /// A card: what it is in source, and what that comes to for the model at hand.
  override func rendered(_ style: RenderingStyle) -> String {
    guard style.form == .full else { return intervention.description }
    let parts = intervention.edits.map { edit in
      let counts = bench?.modelAtHand.map { InterventionCounts(edit, in: $0) }
      let operation = ("operator", edit.operation.source, counts?.parameters)
      return edit.sites.namesWeights
        ? [("weights", "\(edit.sites)", counts?.sites), operation]
        : [("sites", "\(edit.sites)", counts?.sites), ("tokens", "\(edit.tokens)", counts?.tokens), operation]
    }
    let width = parts.joined().map(\.1.count).max() ?? 0
    let cards = parts.map { rows in
      rows.map { name, source, count in
        let line = "  " + name.padded(to: 10) + source.padded(to: width)
        return count.map { line + "  \($0)" } ?? line
      }.joined(separator: "\n").trimmingSpaces
    }
    let card = "intervention \(intervention.description)\n" + cards.joined(separator: "\n  then\n")
    return card + (training.map { "\n  " + "trained".padded(to: 10) + $0.summary } ?? "")
  }
}

/// What an edit comes to on one model: "5 layers", "4 of 16 image tokens", "965 parameters".
private struct InterventionCounts {
  let sites: String
  let tokens: String?
  let parameters: String?

  init(_ edit: Edit, in model: Model) {
    let catalog = SiteCatalog(model.configuration)
    guard let sites = try? edit.sites.sites(in: catalog), let first = sites.first else {
      (sites, tokens, parameters) = ("no such site in this model", nil, nil)
      return
    }
    let count = edit.binding == nil ? (try? edit.parameterCount(in: catalog)) ?? 0 : edit.parameterCount
    parameters = count == 0 ? nil : "\(count) parameters"
    let parts = sites.compactMap { catalog[$0] }
    if edit.sites.namesWeights {
      let numbers = parts.reduce(0) { $0 + ($1.count ?? 0) }
      let isUniform = parts.allSatisfy { $0.axes == parts[0].axes }
      self.sites =
        "\(sites.count) weight\(sites.count == 1 ? "" : "s"), "
        + (isUniform ? parts[0].shapeText : "\(numbers.grouped) numbers")
      tokens = nil
      return
    }
    let layers = Set(sites.compactMap(\.layer)).count
    self.sites =
      (layers == sites.count
        ? "\(layers) layer\(layers == 1 ? "" : "s")" : "\(sites.count) site\(sites.count == 1 ? "" : "s")")
      + (catalog[first].map { ", \($0.shapeText)" } ?? "")
    let everyPatch = TokenContext.imageAlone(model.configuration)
    if edit.tokens.isImageOnly, !edit.tokens.readsRegion, let everyPatch,
      let chosen = try? edit.tokens.resolve(in: everyPatch, stack: first.stack),
      let all = try? TokenSelector.image.resolve(in: everyPatch, stack: first.stack)
    {
      tokens = "\(chosen.count) of \(all.count) image tokens"
    } else {
      tokens = "as the prompt has them"
    }
  }
}

extension TokenContext {
  /// One image and nothing else: enough to count patches.
  fileprivate static func imageAlone(_ configuration: ModelConfiguration) -> TokenContext? {
    guard let image = configuration.squareImage else { return nil }
    let count = image.positions.count
    let token = Token(id: 0, role: .image, text: "", characters: nil)
    return TokenContext(
      tokens: Array(repeating: token, count: count), promptCount: count, images: [image], userText: "")
  }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

  /// Without spaces at the ends of lines.
  fileprivate var trimmingSpaces: String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return String(line)
    }.joined(separator: "\n")
  }
}
