import Autodiff
import Figures
import Interpreter
import Interventions
import Models
import Tensors

extension NativeTable {
  /// The bodies of `stdlib/diagnostics.steer` that read activations.
  mutating func addDiagnostics(_ bench: Workbench) {
    self["trace"] = { call in
      let steered = try call.model("m").steered
      let pattern = try SitePattern(call.value("at"))
      let count = try call.int("generate", atLeast: 0)
      func trace(_ asked: PromptObject) throws -> Value {
        let prompt = try asked.prompt(for: steered.base)
        let trace = try call.running {
          try steered.trace(prompt, at: pattern, generate: count, prefixes: bench.prefixes, control: call.control)
        }
        return .object(TraceObject(trace, steered.base, images: asked.images))
      }
      guard let list = call.value("p").object as? ListObject, list.elements.first?.object != nil else {
        return try trace(call.prompt("p"))
      }
      return .list(try call.samples("p", bench).map { try trace($0.prompt) })
    }
    self["measure"] = { call in
      let steered = try call.model("m").steered
      let function = try call.function("f")
      let session = call.session
      let prompts = try call.samples("on", bench).map { try $0.prompt.prompt(for: steered.base) }
      let result = try call.running {
        try steered.measure(
          prompts, at: SitePattern(call.value("site")), prefixes: bench.prefixes, control: call.control,
          progress: { bench.progress("measure", $0, prompts.count) }
        ) { activation in
          let value = try session.call(function, Value(activation))
          guard let variable = Variable(operand: value) else {
            throw ScriptError(
              .typeMismatch, "the function given to `measure` must give a tensor or a number, found \(value.typePhrase)"
            )
          }
          return try variable.constant(for: call.name)
        }
      }
      return Value(result)
    }
    self["unembed"] = { call in Value(try call.model("m").steered.model.unembed(call.tensor("h").to(.f32))) }
    addLens(bench)
  }

  private mutating func addLens(_ bench: Workbench) {
    self["next_tokens"] = { call in
      let steered = try call.model("m").steered
      let prompt = try call.prompt("p").prompt(for: steered.base)
      let logits = try call.running { try steered.logits(prompt, prefixes: bench.prefixes, control: call.control) }
      let last = try logits.select("token", .index(-1)).softmax(over: "vocab")
      let best = try last.bestTokens(call.int("k", atLeast: 1), steered.base)
      return .object(
        TableObject(
          try Table(columns: [
            Column("token", best.map { .string($0.text) }), Column("id", best.map { .int($0.id) }),
            Column("probability", best.map { Cell($0.probability) }),
          ])))
    }
    self["logit_lens"] = { call in
      let steered = try call.model("m").steered
      let model = steered.model
      let prompt = try call.prompt("p").prompt(for: model)
      let pattern = SitePattern((0..<model.configuration.decoder.layers).map { Site(.decoder, layer: $0, .output) })
      let trace = try call.running {
        try steered.trace(prompt, at: pattern, prefixes: bench.prefixes, control: call.control)
      }
      let selector = try TokenSelector(call.value("on"))
      let count = try call.int("k", atLeast: 1)
      var rows: [[(key: String, value: Cell)]] = []
      for site in trace.sites {
        let lens = try LogitLens(trace, at: SitePattern([site]), on: selector, model: model)
        let probabilities = try lens.probabilities.squeeze("layer")
        guard let axis = probabilities.axes.first else { continue }
        for position in 0..<axis.size {
          let best = try probabilities.select("token", .index(position)).bestTokens(count, model)
          var row: [(key: String, value: Cell)] = [("layer", .int(site.layer ?? 0))]
          row.append(("at", .string(axis.labels?.label(at: position) ?? "\(position)")))
          for (place, token) in best.enumerated() {
            row.append(("token \(place + 1)", .string(token.text)))
            row.append(("p \(place + 1)", Cell(token.probability)))
          }
          rows.append(row)
        }
      }
      return .object(TableObject(Table(records: rows)))
    }
  }
}

extension Tensor {
  /// The most probable tokens of `[vocab]` probabilities.
  fileprivate func bestTokens(_ count: Int, _ model: Model) throws -> [(id: Int, text: String, probability: Float)] {
    let (values, positions) = try top(min(count, self.count), over: "vocab")
    return zip(try positions.integers(), values.floats()).map { id, probability in
      (id, model.blueprint.tokenizer.token(id) ?? "", probability)
    }
  }
}
