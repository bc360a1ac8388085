import Interpreter
import Interventions
import Models
import Tensors

extension NativeTable {
  /// The bodies of `stdlib/preference.steer`.
  mutating func addPreference(_ bench: Workbench) {
    self["mcs"] = { call in
      var measure = ModalityContribution()
      measure.sigmas = try call.elements("sigmas").map { element in
        guard let sigma = element.doubleValue, sigma > 0, sigma.isFinite else {
          throw call.wrongValue("sigmas", "must hold numbers above 0, found \(element.rendered(.short))")
        }
        return Float(sigma)
      }
      guard !measure.sigmas.isEmpty else { throw call.wrongValue("sigmas", "is empty") }
      measure.draws = try call.int("draws", atLeast: 1)
      measure.noise = try call.choice("noise")
      measure.gradient = try call.choice("gradient")
      measure.order = try call.choice("order")
      let model = try call.unsteered("m")
      let key = bench.nextKey()
      let value = call.value("on")
      let isList = value.listElements != nil || value.object is DataSetObject
      let prompts = try isList ? call.samples("on", bench).map(\.prompt) : [call.prompt("on")]
      var scores: [ModalityContribution.Score] = []
      for start in stride(from: 0, to: prompts.count, by: Workbench.batch) {
        let part = prompts[start..<min(start + Workbench.batch, prompts.count)]
        PromptObject.paint(part)
        let batch = try part.map { try $0.prompt(for: model) }
        scores += try call.running { try measure(model, batch, first: start, key: key, control: call.control) }
        if prompts.count > Workbench.batch { bench.progress("mcs", scores.count, prompts.count) }
      }
      func column(_ body: (ModalityContribution.Score) -> Float) -> Value {
        guard isList else { return .float(Double(decimal: body(scores[0]))) }
        return Value(Tensor([Axis("sample", scores.count)], scores.map(body)))
      }
      return .record([("image", column(\.image)), ("text", column(\.text)), ("ratio", column(\.ratio))])
    }
  }
}

extension NativeCall {
  /// One of the cases of an enumeration, by its name.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ parameter: String
  ) throws -> Choice where Choice.RawValue == String {
    let name = try string(parameter)
    guard let choice = Choice(rawValue: name) else {
      let known = Choice.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw wrongValue(parameter, "must be one of \(known), found \"\(name)\"")
    }
    return choice
  }

  /// A model without interventions, for what looks at the model itself.
  func unsteered(_ parameter: String) throws -> Model {
    let object = try model(parameter)
    guard object.steered.interventions.isEmpty else {
      throw wrongValue(parameter, "has interventions; this measures the model itself")
    }
    return object.model
  }
}
