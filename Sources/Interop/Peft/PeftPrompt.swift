import Interventions
import Models
import Tensors

extension PeftAdapter {
  /// Trained vectors before everything else in a prompt.
  func addPrompt(_ prompt: Tensor, to edits: inout PeftEdits) throws {
    let (target, field, name) = (edits.target, configuration.field, "prompt_embeddings")
    guard configuration.kind == .prompt else {
      throw target.refusal(name, "it is of prompt tuning, and the configuration says \(configuration.kind.rawValue)")
    }
    let task = field["task_type"]
    guard try task.string(or: "CAUSAL_LM") != "SEQ_2_SEQ_LM" else {
      throw task.mustBe("CAUSAL_LM; models with an encoder of text are not supported")
    }
    let site = Site(.decoder, .embeddings)
    let count = try field["num_virtual_tokens"].integer(in: 1...)
    let P = try target.tensor(prompt, name, [count, target.width], ["token", "model"], of: site.path)
    edits.add(
      ForeignEdit(
        at: .site(site, name: site.path), on: .added(count, .start), "soft_prompt",
        parameters: [.init("P", P, from: name)]))
  }
}
