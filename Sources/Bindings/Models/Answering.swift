import Interpreter
import Models

extension NativeCall {
  /// A model's answers. Within a point of a sweep what was answered before is not run again.
  func generate(
    _ model: ModelObject, _ prompts: [PromptObject], _ options: GenerationOptions, _ bench: Workbench
  ) throws -> [Generation] {
    guard let sharing = bench.sharing else { return try generateInBatches(model, prompts, options, bench) }
    return try sharing.answers(of: model, to: prompts, options) { missing in
      try generateInBatches(model, missing, options, bench)
    }
  }

  /// Answers in batches, so that long lists show how far they are.
  private func generateInBatches(
    _ model: ModelObject, _ prompts: [PromptObject], _ options: GenerationOptions, _ bench: Workbench
  ) throws -> [Generation] {
    var answers: [Generation] = []
    for start in stride(from: 0, to: prompts.count, by: Workbench.batch) {
      let part = prompts[start..<min(start + Workbench.batch, prompts.count)]
      PromptObject.paint(part)
      let batch = try part.map { try $0.prompt(for: model.model) }
      var options = options
      options.firstSample += start
      answers += try running {
        try model.steered.generate(batch, options: options, prefixes: bench.prefixes, control: control)
      }
      if prompts.count > Workbench.batch { bench.progress(name, answers.count, prompts.count) }
    }
    return answers
  }
}
