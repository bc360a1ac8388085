import Checkpoints
import Tensors

/// The tensors of an adapter, by the module they belong to.
struct PeftTensors: Sendable {
  /// The file they come from, for errors.
  let file: String
  /// In the order of the file.
  private(set) var modules: [Module] = []
  /// `prompt_embeddings`
  private(set) var prompt: Tensor?

  struct Module: Sendable {
    /// As the wrapped model names it: `model.layers.3.self_attn.q_proj`.
    let name: String
    /// By what follows the module's name, without the adapter's: `lora_A.weight`, `ia3_l`.
    var tensors: [(key: String, name: String, tensor: Tensor)]

    func tensor(_ key: String) -> Tensor? { tensors.first { $0.key == key }?.tensor }
    /// The whole name in the file, for errors.
    func name(of key: String) -> String { tensors.first { $0.key == key }?.name ?? "\(name).\(key)" }
  }

  /// What a name's last part may be, without `.weight` and the adapter's name in between.
  private static let parameters = [
    "lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector", "ia3_l", "oft_r", "oft_R",
    "adapter_down", "adapter_up", "adapter_scaling",
  ]

  /// - Parameter tensors: as they stand in `adapter_model.safetensors` or `adapter_model.bin`.
  init(_ tensors: [(name: String, tensor: Tensor)], file: String) throws {
    self.file = file
    var places: [String: Int] = [:]
    for (name, tensor) in tensors {
      if name == "prompt_embeddings" {
        prompt = tensor
        continue
      }
      let (module, key) = Self.split(name)
      if let place = places[module] {
        modules[place].tensors.append((key, name, tensor))
      } else {
        places[module] = modules.count
        modules.append(Module(name: module, tensors: [(key, name, tensor)]))
      }
    }
  }

  /// `base_model.model.model.layers.0.mlp.up_proj.lora_A.default.weight` belongs to `model.layers.0.mlp.up_proj` and is its
  /// `lora_A.weight`. What is no adapter's is the module's own: `weight`, `bias`.
  private static func split(_ name: String) -> (module: String, key: String) {
    var rest = name[...]
    if rest.hasPrefix("base_model.model.") { rest = rest.dropFirst("base_model.model.".count) }
    var steps = rest.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let last = ["weight", "bias"].contains(steps.last) ? steps.removeLast() : nil
    // The adapter's own name stands behind the parameter's in files that were not saved by `save_pretrained`.
    for place in [steps.count - 1, steps.count - 2] where place > 0 && parameters.contains(steps[place]) {
      let module = steps[..<place].joined(separator: ".")
      // DoRA's lengths were once saved with a step more than now.
      let ending = steps[place] == "lora_magnitude_vector" ? nil : last
      return (module, ([steps[place]] + [ending].compactMap { $0 }).joined(separator: "."))
    }
    // Modules that were trained whole may still be wrapped.
    if let wrapped = steps.firstIndex(of: "modules_to_save") { steps.removeSubrange(wrapped...) }
    if steps.last == "base_layer" || steps.last == "original_module" { steps.removeLast() }
    return (steps.joined(separator: "."), last ?? "")
  }
}
