import Checkpoints
import Interventions
import Models
import Tensors

/// A peft folder: what was trained, for which modules, and how it is applied.
struct PeftAdapter: Sendable {
  let configuration: PeftConfiguration
  let tensors: PeftTensors
  /// `rank_pattern` and `alpha_pattern`.
  let (ranks, alphas): (PeftPattern, PeftPattern)

  init(_ configuration: PeftConfiguration, _ tensors: PeftTensors) throws {
    self.configuration = configuration
    self.tensors = tensors
    ranks = try PeftPattern(configuration.field["rank_pattern"])
    alphas = try PeftPattern(configuration.field["alpha_pattern"])
  }

  /// The adapter at the sites of one model: operators of the standard library with the file's parameters.
  ///
  /// - Parameter model: nil for what names and shapes alone say.
  /// - Throws: `InteropError` where a tensor has no place in the model; `CheckpointError` for a field of the configuration
  ///   that cannot be followed.
  func edits(for model: Model?) throws -> PeftEdits {
    var edits = PeftEdits(target: PeftTarget(model, file: tensors.file))
    if let prompt = tensors.prompt { try addPrompt(prompt, to: &edits) }
    let completed = tensors.modules.lazy.compactMap { module in
      edits.target.completion(of: module.name + ".weight").map { (module.name, $0) }
    }
    if let (name, own) = completed.first {
      edits.note(
        "its names are ends of this model's: `\(name)` is taken for `\(own.dropLast(".weight".count))`, and so on")
    }
    for module in tensors.modules {
      // What replaces a weight comes before what is added to it.
      try addWhole(module, to: &edits)
      let kinds = Set(module.tensors.map { $0.key.prefix { $0 != "." } })
      switch configuration.kind {
      case .lora where kinds.contains("lora_A") || kinds.contains("lora_B"): try addLoRA(module, to: &edits)
      case .lora where kinds.contains("lora_embedding_A") || kinds.contains("lora_embedding_B"):
        try addEmbeddingLoRA(module, to: &edits)
      case .ia3 where kinds.contains("ia3_l"): try addIA3(module, to: &edits)
      case .oft where kinds.contains("oft_r") || kinds.contains("oft_R"): try addOFT(module, to: &edits)
      case .bottleneck where kinds.contains("adapter_down") || kinds.contains("adapter_up"):
        try addBottleneck(module, to: &edits)
      default: break
      }
    }
    return edits
  }

  /// Parameters of the module itself, which were trained whole: `modules_to_save`, biases, embeddings.
  private func addWhole(_ module: PeftTensors.Module, to edits: inout PeftEdits) throws {
    for (key, name, tensor) in module.tensors where !Self.belongs(key, to: configuration.kind) {
      let last = module.name.split(separator: ".").last ?? ""
      let isOther = key.isEmpty && Self.beginnings.contains { last.hasPrefix($0) }
      guard ["weight", "bias", ""].contains(key), !isOther else {
        throw edits.target.refusal(name, "peft has no such tensor for \(configuration.kind.rawValue)")
      }
      let whole = key.isEmpty ? module.name : "\(module.name).\(key)"
      for part in try edits.target.parts(of: whole, tensor: name) {
        let value = try edits.target.whole(tensor, name: name, part)
        if try edits.target.holds(value, at: part) {
          edits.note("`\(name)` is the model's own weight, saved along")
        } else {
          edits.add("tune", at: part, [.init("W", value, from: name)])
          edits.note("`\(name)` was trained whole and takes the place of the model's own")
        }
      }
    }
  }

  /// How parameters of adapters begin, those that are not read here too.
  private static let beginnings = ["lora_", "oft_", "ia3_", "adapter_", "boft_", "hada_", "lokr_", "vera_"]

  private static func belongs(_ key: String, to kind: PeftConfiguration.Kind) -> Bool {
    let starts: [String] =
      switch kind {
      case .lora: ["lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector"]
      case .ia3: ["ia3_l"]
      case .oft: ["oft_r", "oft_R"]
      case .bottleneck: ["adapter_down", "adapter_up", "adapter_scaling"]
      case .prompt: []
      }
    return starts.contains { key == $0 || key.hasPrefix($0 + ".") }
  }
}
