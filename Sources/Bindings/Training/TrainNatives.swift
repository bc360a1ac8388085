import Interpreter
import Interventions
import Models

extension NativeTable {
  /// The bodies of `stdlib/training.steer`.
  mutating func addTraining(_ bench: Workbench) {
    self["train"] = { call in
      let intervention = try call.trained(such: ".layers[1].output => mores()")
      let steered = try call.model("model").steered
      let data = try call.trainingData("on", steered.base)
      let heldOut = call.value("held_out").isNull ? nil : try call.trainingData("held_out", steered.base)
      let (options, answers) = (try TrainingOptions(call, bench), try AnswerOptions(call))
      return try call.training(bench) { report in
        try steered.train(
          intervention, on: data, heldOut: heldOut, options: options, answers: answers, control: call.control,
          progress: report)
      }
    }
    self["unfinished"] = { _ in
      guard let trained = bench.unfinished else {
        throw ScriptError(.badCall, "no training of this session was stopped before its end")
      }
      return .object(InterventionObject(trained.intervention, bench, training: trained))
    }
  }
}

extension NativeCall {
  /// The intervention that is to learn. `such` is an example of one.
  func trained(such example: String) throws -> Intervention {
    let expected = "an intervention, such as `\(example)`"
    return try object("intervention", as: InterventionObject.self, expected: expected).intervention
  }

  /// A training with its progress line; what comes to its end is a value, what is stopped is there for `unfinished()`.
  func training(
    _ bench: Workbench, _ train: (@escaping (TrainingProgress) -> Void) throws -> TrainedIntervention
  ) throws -> Value {
    do {
      let trained = try running {
        try train { bench.progress(self.name, $0.step, $0.steps, note: $0.note) }
      }
      bench.unfinished = nil
      return .object(InterventionObject(trained.intervention, bench, training: trained))
    } catch let stopped as StoppedTraining {
      throw try error(stopped, bench)
    }
  }

  /// Items that each have an answer. Those of a data set are made when they are needed.
  fileprivate func trainingData(_ parameter: String, _ model: Model) throws -> TrainingData {
    let (session, end) = (session, try number("end"))
    func data(count: Int, _ item: @escaping (Int) throws -> Value) -> TrainingData {
      TrainingData(count: count) { numbers in
        var number = numbers.first ?? 0
        do {
          let samples = try numbers.map { place in
            number = place
            return try Sample(item(place), in: session)
          }
          // Pictures are painted together, on all cores.
          PromptObject.paint(samples.lazy.map(\.prompt))
          return try zip(numbers, samples).map { place, sample in
            number = place
            return try sample.trainingItem(for: model, end: end)
          }
        } catch {
          let error = ScriptError(error)
          throw error.isInterruption ? ModelError.interrupted : TrainingError.item(number, reason: error.message)
        }
      }
    }
    if let set = value(parameter).object as? DataSetObject {
      return data(count: set.isEndless ? .max : set.range.count) { try set.element(at: $0, in: session) }
    }
    let elements = try elements(parameter)
    return data(count: elements.count) { elements[$0] }
  }

  /// What a script sees of a training that did not come to its end. What it had learned is there for `unfinished()`.
  private func error(_ stopped: StoppedTraining, _ bench: Workbench) throws -> any Error {
    bench.unfinished = stopped.trained
    let help = "`unfinished()` gives what it had learned"
    switch stopped.cause {
    case .cancelled:
      bench.notify("info: \(stopped); \(help)")
      try session.checkInterrupt()
      return ModelError.interrupted
    case .failed(let error as ScriptError): return error
    default: return ScriptError(.hostFailure, "\(stopped)", help: help)
    }
  }
}

extension Sample {
  fileprivate func trainingItem(for model: Model, end: Double) throws -> TrainingItem {
    guard let answer else { throw ScriptError(.badArgument, "it has no `answer` to learn") }
    return try model.blueprint.trainingItem(
      prompt.prompt(for: model), answer: answer, endWeight: Float(end * endWeight), weight: Float(weight))
  }
}

extension TrainingProgress {
  /// `loss 0.231 · lr 1.9e-4 · held out 0.31`
  var note: String {
    var note = "loss \(Self.text(loss)) · lr \(Self.text(rate))"
    if let heldOut {
      note += " · held out \(Self.text(heldOut.loss))"
      if let accuracy = heldOut.accuracy { note += " (\(Int((accuracy * 100).rounded())) % right)" }
    }
    return note
  }

  /// Three digits.
  static func text(_ value: Float) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    var exponent = 0
    var digits = Double(abs(value))
    while digits >= 1000 { (digits, exponent) = (digits / 10, exponent + 1) }
    while digits < 100 { (digits, exponent) = (digits * 10, exponent - 1) }
    var whole = Int(digits.rounded())
    if whole == 1000 { (whole, exponent) = (100, exponent + 1) }
    let sign = value < 0 ? "-" : ""
    // 123 · 10ᵉ stands as a decimal where that is short.
    guard (-5...0).contains(exponent) else {
      return sign + "\(whole / 100).\(twoDigits(whole % 100))e\(exponent + 2)"
    }
    var scale = 1
    for _ in 0..<(-exponent) { scale *= 10 }
    let fraction = String(whole % scale)
    guard exponent < 0 else { return sign + "\(whole)" }
    return sign + "\(whole / scale)." + String(repeating: "0", count: -exponent - fraction.count) + fraction
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension TrainedIntervention {
  /// `40 steps, loss 1.17 → 0.688`
  var summary: String {
    let losses = history.losses
    guard let first = losses.first, let last = losses.last else { return "no step" }
    return "\(step) step\(step == 1 ? "" : "s"), loss \(TrainingProgress.text(first)) → \(TrainingProgress.text(last))"
  }
}
