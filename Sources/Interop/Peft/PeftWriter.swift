import Checkpoints
import Interventions
import Models
import Tensors

/// Puts an intervention into the form of a peft folder.
///
/// A folder holds one kind of adapter. Modules that hold several weights of ours (`qkv_proj`) take what acts at each of them.
struct PeftWriter {
  let model: Model
  let names: ModuleNames
  let path: String

  /// Everything that acts in one module.
  struct Module {
    let name: String
    /// All weights that its map holds, in the order of their outputs.
    let parts: [ModuleNames.Part]
    /// What acts at the map, by part; nil where nothing does.
    var edits: [Own?]
    /// What acts at the biases, likewise.
    var biases: [Own?]
  }

  /// An operator at one site with its parameters.
  struct Own {
    let edit: Edit
    let parameters: [NamedTensor]

    var operation: String { edit.operation.name }
    var arguments: [OperatorArgument] { edit.operation.arguments }

    func tensor(_ name: String) throws -> Tensor {
      guard let found = parameters.first(where: { $0.name == name })?.tensor else {
        throw InterventionError.unbound(intervention: edit.description)
      }
      return found.to(.f32)
    }

    func integer(_ name: String) -> Int? {
      for argument in arguments where argument.name == name {
        if case .integer(let value) = argument.value { return value }
      }
      return nil
    }

    func number(_ name: String) -> Double? {
      for argument in arguments where argument.name == name {
        switch argument.value {
        case .integer(let value): return Double(value)
        case .number(let value): return Double(value)
        default: return nil
        }
      }
      return nil
    }

    func flag(_ name: String) -> Bool {
      arguments.contains { if $0.name == name, case .flag(true) = $0.value { true } else { false } }
    }

    func text(_ name: String) -> String? {
      for argument in arguments where argument.name == name {
        if case .text(let value) = argument.value { return value }
      }
      return nil
    }
  }

  /// What `adapter_config.json` and the file of weights are to say.
  struct Content {
    var settings: JSON.Object
    var tensors: [(name: String, tensor: Tensor)] = []

    mutating func add(_ module: String, _ key: String, _ tensor: Tensor) {
      tensors.append(("base_model.model.\(module).\(key)", tensor))
    }
  }

  init(_ model: Model, to path: String) {
    self.model = model
    self.path = path
    names = ModuleNames(model.blueprint)
  }

  func write(_ intervention: Intervention) throws {
    let content = try content(of: intervention.edits)
    try AtomicFolder.write(to: path, last: PeftFormat.weights) { place in
      try AtomicFile.write(
        try JSON.object(content.settings).text(pretty: true, file: path) + "\n", to: place(PeftFormat.configuration))
      try Safetensors.write(
        content.tensors.map { ($0.name, $0.tensor.counted) }, metadata: ["format": "pt"], to: place(PeftFormat.weights))
    }
  }

  private func content(of edits: [Edit]) throws -> Content {
    let kinds: [String: PeftConfiguration.Kind] = [
      "lora": .lora, "dora": .lora, "lora_embedding": .lora, "shift": .lora, "ia3": .ia3, "oft": .oft,
      "soft_prompt": .prompt, "bottleneck": .bottleneck,
    ]
    let acting = edits.filter { $0.operation.name != "tune" }
    guard let first = acting.first, let kind = kinds[first.operation.name] else {
      throw refusal(
        edits[0], "peft keeps whole weights only beside LoRA, IA3 or OFT; save the model itself as a folder")
    }
    if let other = acting.first(where: { kinds[$0.operation.name] != kind }) {
      throw refusal(other, "a folder holds one kind of adapter, and `\(first.operation.name)` comes before it")
    }
    if kind == .prompt {
      guard edits.count == 1 else { throw refusal(edits[1], "a folder of prompt tuning holds one prompt") }
      return try prompt(first)
    }
    var content = Content(settings: common(kind))
    try addWhole(edits.filter { $0.operation.name == "tune" }, kind, to: &content)
    let modules = try modules(of: acting)
    content.settings["target_modules"] = .array(modules.map { .string($0.name) })
    switch kind {
    case .lora: try addLoRA(modules, to: &content)
    case .ia3: try addIA3(modules, to: &content)
    case .oft: try addOFT(modules, to: &content)
    case .bottleneck: try addBottlenecks(modules, to: &content)
    case .prompt: break
    }
    return content
  }

  /// Edits by the module that holds their weights.
  private func modules(of edits: [Edit]) throws -> [Module] {
    var modules: [Module] = []
    for edit in edits {
      for own in edit.binding ?? [] {
        let (map, isBias) = try weight(of: own.site, edit)
        guard let tensor = names.name(of: map), let parts = names.meaning(of: tensor)?.parts,
          let part = parts.firstIndex(where: { $0.site == map }), tensor.hasSuffix(".weight")
        else { throw refusal(edit, "`\(own.site.path)` is no module's in transformers") }
        let name = String(tensor.dropLast(".weight".count))
        let place =
          modules.firstIndex { $0.name == name }
          ?? {
            let none = [Own?](repeating: nil, count: parts.count)
            modules.append(Module(name: name, parts: parts, edits: none, biases: none))
            return modules.count - 1
          }()
        let value = Own(edit: edit, parameters: own.parameters)
        guard (isBias ? modules[place].biases[part] : modules[place].edits[part]) == nil else {
          throw refusal(edit, "it acts at `\(own.site.path)` a second time, and peft has one adapter in a module")
        }
        if isBias { modules[place].biases[part] = value } else { modules[place].edits[part] = value }
      }
    }
    return modules
  }

  /// The map that a site is the weight or the bias of.
  private func weight(of site: Site, _ edit: Edit) throws -> (map: Site, isBias: Bool) {
    guard site.point.isWeight else {
      throw refusal(edit, "`\(site.path)` is an activation, and adapters of peft act in modules")
    }
    guard site.point.rawValue.hasSuffix(".bias") else { return (site, false) }
    let name = site.point.rawValue.dropLast("bias".count) + "weight"
    guard let point = Site.Point(rawValue: String(name)) else { throw refusal(edit, "`\(site.path)` is no map's bias") }
    return (Site(site.stack, layer: site.layer, point), true)
  }

  /// Modules that were trained whole, each with all its weights, as peft wants them.
  private func addWhole(_ edits: [Edit], _ kind: PeftConfiguration.Kind, to content: inout Content) throws {
    var values: [Site: Tensor] = [:]
    var whole: [String] = []
    for edit in edits {
      guard kind != .bottleneck else { throw refusal(edit, "LLM-Adapters does not read whole weights back") }
      for own in edit.binding ?? [] {
        guard let name = names.name(of: own.site), let dot = name.lastIndex(of: ".") else {
          throw refusal(edit, "`\(own.site.path)` is no module's in transformers")
        }
        guard names.meaning(of: name)?.parts.count == 1 else {
          throw refusal(edit, "`\(name)` holds several weights of this model")
        }
        values[own.site] = try Own(edit: edit, parameters: own.parameters).tensor("W")
        let module = String(name[..<dot])
        if !whole.contains(module) { whole.append(module) }
      }
    }
    for module in whole {
      for key in ["weight", "bias"] {
        guard let part = names.meaning(of: "\(module).\(key)")?.parts.first else { continue }
        let value = try values[part.site] ?? model.weight(at: part.site).to(.f32)
        content.add(module, key, part.isTurned ? try value.reorder(value.shape.names.reversed()) : value)
      }
    }
    if !whole.isEmpty { content.settings["modules_to_save"] = .array(whole.map { .string($0) }) }
  }

  /// Fields of every adapter.
  func common(_ kind: PeftConfiguration.Kind) -> JSON.Object {
    [
      "auto_mapping": .null, "base_model_name_or_path": .string(model.origin), "inference_mode": .bool(true),
      "modules_to_save": .null, "peft_type": .string(kind.rawValue), "peft_version": .string("0.21.0"),
      "revision": .null,
      "task_type": .string("CAUSAL_LM"),
    ]
  }

  func refusal(_ edit: Edit, _ reason: String) -> InteropError { PeftFormat.refusal(path, edit, reason) }
}

extension Tensor {
  /// The same numbers with axes that are only counted, as other tools have them.
  var counted: Tensor {
    let shape = Shape(axes.enumerated().map { Axis("axis\($0)", $1.size) })
    return Tensor(shape: shape, dtype: dtype, storage: storage, byteOffset: byteOffset)
  }
}
