import Interpreter
import Models

extension NativeTable {
  /// `accuracy`, `collapse`: which of several possible answers a model gives.
  mutating func addAnswerShares(_ bench: Workbench) {
    self["accuracy"] = { call in
      let samples = try call.samples("data", bench)
      let wanted = try call.references(samples, call.value("of").isNull ? "answer" : call.string("of") + "_answer")
      let answers = try call.completeAnswers(samples, bench)
      let right = zip(answers, wanted).count { $0 == $1 }
      return .float(Double(right) / Double(samples.count))
    }
    self["collapse"] = { call in
      let samples = try call.samples("data", bench)
      let fromImage = try call.references(samples, "image_answer")
      let fromText = try call.references(samples, "text_answer")
      let answers = try call.completeAnswers(samples, bench)
      let others = answers.indices.count { answers[$0] != fromImage[$0] && answers[$0] != fromText[$0] }
      return .float(Double(others) / Double(samples.count))
    }
  }
}

extension NativeCall {
  /// A text field that every item must have.
  fileprivate func references(_ samples: [Sample], _ field: String) throws -> [String] {
    try samples.enumerated().map { position, sample in
      let value = try sample.item.object?.member(field, in: session)
      guard let text = value?.stringValue else {
        throw wrongValue("data", "needs items with the text `\(field)`; item \(position) has none")
      }
      return text
    }
  }

  /// The model's answers; nil for those that did not end.
  fileprivate func completeAnswers(_ samples: [Sample], _ bench: Workbench) throws -> [String?] {
    try generate(model("m"), samples.map(\.prompt), GenerationOptions(), bench).map(\.complete)
  }
}
