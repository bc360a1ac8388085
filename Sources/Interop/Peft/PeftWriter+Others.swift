import Checkpoints
import Interventions
import Models
import Tensors

extension PeftWriter {
  func addIA3(_ modules: [Module], to content: inout Content) throws {
    var feedForward: [JSON] = []
    for module in modules {
      let present = module.edits.compactMap { $0 }
      guard let first = present.first else {
        throw refusal(module.biases.compactMap { $0 }[0].edit, "peft multiplies a bias only together with its map")
      }
      let isInput = first.text("side") == "input"
      if let other = present.first(where: { ($0.text("side") == "input") != isInput }) {
        throw refusal(other.edit, "`\(module.name)` is multiplied by input and by output, and peft does one of the two")
      }
      if isInput {
        let l = try shared(present, "l", module)
        content.add(module.name, "ia3_l", try l.reshape([Axis("one", 1), Axis("input", l.count)]))
        feedForward.append(.string(module.name))
        continue
      }
      let l = try factors(module.edits, module)
      try checkBiases(module, l)
      content.add(module.name, "ia3_l", try l.reshape([Axis("output", l.count), Axis("one", 1)]))
    }
    content.settings["feedforward_modules"] = .array(feedForward)
    content.settings["fan_in_fan_out"] = .bool(modules.contains { $0.parts.contains(where: \.isTurned) })
    content.settings["init_ia3_weights"] = .bool(true)
  }

  /// A factor for each output of a module; 1 where nothing acts.
  private func factors(_ edits: [Own?], _ module: Module) throws -> Tensor {
    let parts = try zip(module.parts, edits).map { part, own in
      let size = model.configuration.weightAxes(of: part.site)?.first?.size ?? 0
      return try own?.tensor("l") ?? Tensor.ones([Axis("output", size)])
    }
    return parts.count == 1 ? parts[0] : try Tensor.concat(parts, along: "output")
  }

  /// peft multiplies what a module gives, its bias included.
  private func checkBiases(_ module: Module, _ l: Tensor) throws {
    let hasBias = names.meaning(of: module.name + ".bias") != nil
    guard let edit = module.edits.compactMap({ $0 }).first?.edit else { return }
    guard hasBias else { return }
    guard try factors(module.biases, module).floats() == l.floats() else {
      throw refusal(
        edit,
        "peft multiplies the bias of `\(module.name)` by the same factors; let ia3 act at the bias too, with those factors"
      )
    }
  }

  /// A parameter that must be the same for all weights that a module holds.
  private func shared(_ present: [Own], _ name: String, _ module: Module) throws -> Tensor {
    let values = try present.map { try $0.tensor(name) }
    guard present.count == module.parts.count, values.allSatisfy({ $0.floats() == values[0].floats() }) else {
      throw refusal(
        present[0].edit,
        "`\(module.name)` holds \(module.parts.map(\.site.path).joined(separator: ", ")), for which peft has one `\(name)`"
      )
    }
    return values[0]
  }

  func addOFT(_ modules: [Module], to content: inout Content) throws {
    var (sizes, counts): (Set<Int>, Set<Int>) = ([], [])
    var forms: Set<[Int?]> = []
    for module in modules {
      let present = module.edits.compactMap { $0 }
      guard let first = present.first else {
        throw refusal(module.biases.compactMap { $0 }[0].edit, "it acts at a bias")
      }
      guard first.text("side") != "output" else {
        throw refusal(first.edit, "peft rotates what a map reads; only peft up to 0.13 rotated what it gives")
      }
      let P = try shared(present, "P", module)
      let (blocks, size) = (P.shape.sizes[0], P.shape.sizes[1])
      let entries = PeftAdapter.entries(above: P.floats(), blocks: blocks, size: size)
      content.add(
        module.name, "oft_R.weight", Tensor([Axis("block", blocks), Axis("entry", size * (size - 1) / 2)], entries))
      sizes.insert(size)
      counts.insert(first.integer("blocks") ?? blocks)
      forms.insert([first.integer("terms"), first.flag("shared") ? 1 : 0])
    }
    // All modules have blocks of one size, or as many of them.
    let isBySize = sizes.count == 1
    guard isBySize || counts.count == 1, forms.count == 1, let form = forms.first, let size = sizes.first,
      let count = counts.first
    else {
      throw refusal(
        modules[0].edits.compactMap { $0 }[0].edit,
        "peft has one size of blocks, or one number of them, and one series for all modules of a folder")
    }
    let settings: JSON.Object = [
      "r": .integer(isBySize ? 0 : count), "oft_block_size": .integer(isBySize ? size : 0), "bias": .string("none"),
      "block_share": .bool(form[1] == 1),
      "coft": .bool(false), "eps": .number(6e-5), "fan_in_fan_out": .bool(false), "init_weights": .bool(true),
      "module_dropout": .number(0), "use_cayley_neumann": .bool(form[0] != nil),
      "num_cayley_neumann_terms": .integer(form[0] ?? 5),
    ]
    for (name, value) in settings.entries { content.settings[name] = value }
  }

  func prompt(_ edit: Edit) throws -> Content {
    guard let binding = edit.binding, binding.count == 1, binding[0].site == Site(.decoder, .embeddings) else {
      throw refusal(edit, "peft's prompt tuning has one prompt, before the decoder's embeddings")
    }
    let P = try Own(edit: edit, parameters: binding[0].parameters).tensor("P").reorder(["token", "model"])
    guard edit.tokens == .added(P.shape.sizes[0], .start) else {
      throw refusal(edit, "peft's prompts stand before everything else, `.virtual(\(P.shape.sizes[0]))`")
    }
    let decoder = model.configuration.decoder
    var content = Content(settings: common(.prompt))
    let settings: JSON.Object = [
      "num_attention_heads": .integer(decoder.block.heads), "num_layers": .integer(decoder.layers),
      "num_transformer_submodules": .integer(1), "num_virtual_tokens": .integer(P.shape.sizes[0]),
      "prompt_tuning_init": .string("RANDOM"), "prompt_tuning_init_text": .null,
      "token_dim": .integer(P.shape.sizes[1]),
      "tokenizer_kwargs": .null, "tokenizer_name_or_path": .null,
    ]
    for (name, value) in settings.entries { content.settings[name] = value }
    content.tensors = [("prompt_embeddings", P)]
    return content
  }

  func addBottlenecks(_ modules: [Module], to content: inout Content) throws {
    let all = modules.flatMap { $0.edits.compactMap { $0 } }
    guard let first = all.first else { return }
    let isBehind = first.text("reads") == "output"
    func form(_ own: Own) -> [String] {
      [own.text("reads") ?? "input", own.text("activation") ?? "tanh", "\(own.integer("size") ?? 256)"]
    }
    if let other = all.first(where: { form($0) != form(first) }) {
      throw refusal(other.edit, "LLM-Adapters has one size, one activation and one side for a folder")
    }
    for module in modules {
      let present = module.edits.compactMap { $0 }
      guard let own = present.first else { throw refusal(module.biases.compactMap { $0 }[0].edit, "it acts at a bias") }
      let last = module.name.split(separator: ".").last.map(String.init) ?? ""
      guard !isBehind || (PeftAdapter.behind.contains(last) && module.parts.count == 1) else {
        throw refusal(own.edit, "LLM-Adapters has adapters behind \(PeftAdapter.behind.joined(separator: ", ")) only")
      }
      let D = module.parts.count == 1 ? try own.tensor("D") : try shared(present, "D", module)
      let ups = try present.map { try $0.tensor("U").scaled(by: $0.number("scaling") ?? 1) }
      content.add(module.name, "adapter_down.weight", D)
      content.add(module.name, "adapter_up.weight", ups.count == 1 ? ups[0] : try Tensor.concat(ups, along: "output"))
    }
    let settings: JSON.Object = [
      "adapter_dropout": .number(0), "bias": .string("none"), "bottleneck_size": .integer(first.integer("size") ?? 256),
      "init_weights": .string("mam_adapter"), "non_linearity": .string(first.text("activation") ?? "tanh"),
      "scaling": .number(1), "use_parallel_adapter": .bool(!isBehind),
      "target_modules": .array(
        Set(modules.compactMap { $0.name.split(separator: ".").last.map(String.init) }).sorted().map { .string($0) }),
    ]
    for (name, value) in settings.entries { content.settings[name] = value }
  }
}
