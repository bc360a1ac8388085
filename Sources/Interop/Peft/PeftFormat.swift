import Checkpoints
import Interventions
import Models
import Tensors

/// Folders that peft's `save_pretrained` writes: LoRA, IA3, OFT and prompt tuning; and bottleneck adapters of its LLM-Adapters fork.
///
/// Module names are those of the model as transformers builds it, so sites are known for certain only with a model at hand.
public enum PeftFormat: ForeignFormat {
  public static let name = "peft"
  public static let title = "peft folder"
  public static let operators = [
    "lora", "dora", "lora_embedding", "ia3", "oft", "soft_prompt", "tune", "shift", "bottleneck",
  ]

  static let configuration = "adapter_config.json"
  static let weights = "adapter_model.safetensors"
  static let torchWeights = "adapter_model.bin"

  public static func recognises(_ source: ForeignSource) throws -> Bool { source.contains(configuration) }

  public static func read(_ source: ForeignSource, _ options: ForeignOptions) throws -> ForeignFile {
    let adapter = try adapter(source)
    return try file(adapter, source.path, for: nil)
  }

  /// A card's worth without a model; with one, the edits at its sites.
  private static func file(_ adapter: PeftAdapter, _ path: String, for model: Model?) throws -> ForeignFile {
    let edits = try adapter.edits(for: model)
    let again: (@Sendable (Model) throws -> ForeignFile)? =
      model == nil ? { @Sendable model in try file(adapter, path, for: model) } : nil
    return ForeignFile(
      path: path, title: adapter.configuration.title, madeFor: adapter.configuration.baseModel ?? "",
      edits: edits.edits,
      notes: adapter.configuration.notes + edits.notes, inModel: again)
  }

  public static func write(_ intervention: Intervention, of model: Model, to path: String) throws -> [String] {
    try PeftWriter(model, to: path).write(intervention)
    return []
  }

  static func adapter(_ source: ForeignSource) throws -> PeftAdapter {
    guard let folder = source.folder else { throw CheckpointError(source.path, .file(.notFolder(expected: title))) }
    let settings = try PeftConfiguration(Field(folder.bytes(of: configuration, expected: "an adapter's configuration")))
    guard folder.contains(weights) || !folder.contains(torchWeights) else {
      let file = try source.torch(torchWeights, expected: "the adapter's weights")
      guard file.field.isStateDict else { throw file.field.mustBe("tensors by name") }
      let tensors = try file.field.keys.map { key in
        let stored = try file.field[key].tensor()
        return (name: key, tensor: try stored.tensor(axes: stored.shape.indices.map { "axis\($0)" }))
      }
      return try PeftAdapter(settings, PeftTensors(tensors, file: file.name))
    }
    let file = try Safetensors(folder.bytes(of: weights, expected: "the adapter's weights (or \(torchWeights))"))
    return try PeftAdapter(
      settings, PeftTensors(file.entries.map { ($0.name, try file.tensor(named: $0.name)) }, file: file.name))
  }
}

extension PeftConfiguration {
  /// `LoRA of peft`
  fileprivate var title: String {
    switch kind {
    case .lora: "peft folder, LoRA"
    case .ia3: "peft folder, IA3"
    case .oft: "peft folder, OFT"
    case .prompt: "peft folder, prompt tuning"
    case .bottleneck: "LLM-Adapters folder, bottleneck"
    }
  }
}
