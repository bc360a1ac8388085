import Autodiff
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints
@testable import Models

/// MiniGPT-v2 in the parts that it is published in, against torch and peft (scripts/fixtures/minigpt.py).
@Suite struct MiniGPTPartsTests {
  private let folder = try! MiniGPTFolder()
  private let parity = try! Safetensors(FileBytes(path: fixture("minigpt/parity.safetensors").path))

  private func prompt(_ model: Model) throws -> Prompt {
    let picture = try Image(FileBytes(path: fixture("minigpt/picture.png").path))
    return try model.blueprint.prompt(images: [picture], text: "[vqa] what is it?")
  }

  /// The order of summation differs from the reference's, nothing else.
  @Test func everythingIsTheReferences() throws {
    let model = try folder.model
    let prompt = try prompt(model)
    #expect(try prompt.ids == parity.integers("ids"))
    let seen = try activations(model, [prompt])
    var compared = 0
    for site in model.configuration.sites where site.point != .logits && parity.contains(site.path) {
      #expect(difference(try #require(seen[site]).floats, try parity.floats(site.path)) < 2e-4, "\(site.path)")
      compared += 1
    }
    #expect(compared == 2 + 2 + 4)
    let logits = try model.logits(prompt).floats
    #expect(difference(Array(logits.suffix(3 * 1500)), try parity.floats("logits")) < 2e-4)
    var options = GenerationOptions()
    options.maximumTokens = 6
    let answer = try model.generate([prompt], options: options)[0]
    #expect(try answer.ids == parity.integers("greedy"))
    let said = try Field(FileBytes(path: fixture("minigpt/answer.json").path))
    #expect(try model.blueprint.tokenizer.decode(answer.ids) == said["text"].string())
  }

  @Test func theLanguageModelInATorchFile() throws {
    let own = try MiniGPTFolder()
    try toTorch(own.url.appendingPathComponent("llama"))
    let (model, expected) = (try own.model, try folder.model)
    let prompt = try prompt(expected)
    #expect(try model.logits(prompt).bits == expected.logits(prompt).bits)
    #expect(model.fingerprint == expected.fingerprint && model.dtype == .bf16)
  }

  @Test func nothingIsCopiedThatCanStayMapped() throws {
    let model = try folder.model
    #expect(model.dtype == .bf16)
    #expect(model.configuration.lowRank == LowRankConfiguration(rank: 4, alpha: 6, targets: ["q_proj", "v_proj"]))
    #expect(
      model.decoder.lowRanks.count == 4
        && model.decoder.lowRanks.allSatisfy { $0.scale == 1.5 && $0.down.stored == .f32 })
    let stored = model.weights.reduce(into: [Site.Point: Set<DType>]()) {
      $0[$1.site.point, default: []].insert($1.weight.stored)
    }
    #expect(stored[.gateWeight] == [.bf16] && stored[.patchesWeight] == [.f16] && stored[.positionsWeight] == [.f32])
    // Older keys in the older layout of torch.
    try folder.edit("minigptv2_checkpoint.pth", "checkpoint_stage2.pth")
    #expect(try folder.model.logits(prompt(model)).bits == model.logits(prompt(model)).bits)
    // The norm that no file has.
    let norm = try model.weight(at: Site(.vision, .featuresNormWeight)).to(.f32).floats
    #expect(norm == Array(repeating: 1, count: 24))
  }

  /// One in 2²³ of numbers around one; the weights of the four neighbours are computed in another order.
  @Test func positionsAreTorchsBicubic() throws {
    let loaded = try folder.model.weight(at: Site(.vision, .positionsWeight)).floats
    #expect(difference(loaded, try parity.floats("positions/loaded")) < 2e-6)
    for (old, new) in [(16, 32), (5, 7), (6, 4)] {
      let table = try parity.tensor(named: "positions/\(old)", axes: ["position", "model"])
      let interpolator = PositionInterpolator(
        leading: 1, side: old, to: PatchCount(rows: new, columns: new), antialiased: false)
      let found = try interpolator.apply(table).floats
      #expect(difference(found, try parity.floats("positions/\(old)to\(new)")) < 4e-6, "\(old) to \(new)")
    }
  }

  /// The text and the tokens of the released conversation; the language model's own template is not asked.
  @Test func promptsAreLaidOutAsReleased() throws {
    let blueprint = try folder.model.blueprint
    #expect(blueprint.template.name == "minigpt_v2")
    let picture = try blueprint.prepare(Image(FileBytes(path: fixture("minigpt/picture.png").path)))
    for one in try Field(FileBytes(path: fixture("minigpt/prompts.json").path)).array() {
      let turns = try one["turns"].array().map { turn in
        if turn["answer"].exists { return Conversation.Turn.assistant(try turn["answer"].string()) }
        let images = Array(repeating: picture, count: try turn["images"].integer())
        return .user(try turn["text"].string(), images: images)
      }
      let (prompt, name) = (try blueprint.prompt(Conversation(turns)), try one["name"].string())
      #expect(try prompt.ids == one["ids"].integers(), "\(name)")
    }
  }

  /// A batch, a cached step, and the pass that gradients go through give the same bits.
  @Test func bitsDependOnNothingElse() throws {
    let model = try folder.model
    let (own, other) = (try prompt(model), try model.blueprint.prompt(text: "what is it?"))
    let alone = try activations(model, [own])
    // More rows than a pair computes at once.
    let packed = try activations(model, Array(repeating: other, count: 12) + [own], sample: 12)
    for site in model.configuration.sites {
      #expect(alone[site]?.bits == packed[site]?.bits, "\(site.path)")
    }
    let run = try DifferentiableRun(model, [own], DifferentiableRun.Options())
    let logits = try run.logits(try run.stream(), rows: Array(0..<own.ids.count)).value
    #expect(try logits.bits == model.logits(own).bits)
    var options = GenerationOptions()
    options.maximumTokens = 4
    let answer = try model.generate([own], options: options)[0]
    let recorder = Recorder([Site(.decoder, .logits)])
    _ = try model.generate([own], options: options, listener: recorder)
    for (step, seen) in (recorder.seen[Site(.decoder, .logits)] ?? []).enumerated() {
      let whole = Prompt(ids: own.ids + answer.ids.prefix(step), context: own.context, images: own.images)
      #expect(try seen.bits.suffix(1500) == model.logits(whole).bits.suffix(1500))
    }
  }

  /// On the way through the pairs, and of a map that has one: within 2·10⁻⁵ of each tensor's largest entry.
  @Test(arguments: [["query", "value"], []]) func gradientsAreTorchs(_ whole: [String]) throws {
    let model = try folder.model
    let prompt = try prompt(model)
    var options = DifferentiableRun.Options()
    for site in model.configuration.weightSites where parity.contains("gradient/\(site.path)") {
      // A weight that is given is the whole map; without it the pair is added.
      let isTarget = [.queryWeight, .valueWeight].contains(site.point)
      if isTarget, whole.isEmpty { continue }
      options.weights[site] = .leaf(try model.weight(at: site).to(.f32))
    }
    #expect(options.weights.count == 4 + whole.count)
    let run = try DifferentiableRun(model, [prompt], options)
    let count = prompt.ids.count
    let logits = try run.logits(try run.stream(), rows: Array(count - 5..<count - 1))
    let loss = try logits.crossEntropy(targets: Array(prompt.ids.suffix(4)), weights: [1, 2, 3, 4])
    #expect(abs(try loss.value.item() - parity.floats("gradient/loss")[0]) < 1e-3)
    let gradients = try loss.backward()
    for (site, leaf) in options.weights {
      let expected = try parity.floats("gradient/\(site.path)")
      let largest = expected.reduce(0) { max($0, abs($1)) }
      let found = try #require(gradients[leaf]).floats
      #expect(largest > 0 && difference(found, expected) <= 2e-5 * largest, "\(site.path)")
    }
  }

  /// What is saved is one folder with the matrices beside their weights, and the same model.
  @Test func savedModelsAreTheSame() throws {
    let model = try folder.model
    let saved = folder.url.appendingPathComponent("saved").path
    try model.save(to: saved)
    let again = try Model.load(FileSource(folder: saved))
    #expect(again.fingerprint == model.fingerprint && again.decoder.lowRanks.count == 4)
    #expect(try again.logits(prompt(again)).bits == model.logits(prompt(model)).bits)
    let random = try Model.random(FileSource(folder: folder.url.path), key: RandomKey(seed: 3))
    #expect(random.decoder.lowRanks.count == 4)
    #expect(try random.logits(prompt(model)).floats.allSatisfy { $0.isFinite })
  }

  /// The weight of a map that has a pair is the map that both are; what is put in its place is the whole map.
  @Test func weightsAreTheWholeMap() throws {
    let model = try folder.model
    let site = Site(.decoder, layer: 1, .queryWeight)
    let merged = try model.weight(at: site)
    #expect(merged.dtype == .f32)
    let files = try Safetensors(FileSource(folder: folder.url.appendingPathComponent("llama").path))
    let frozen = try files.tensor(named: "model.layers.1.self_attn.q_proj.weight").to(.f32).floats
    let state = try folder.trained
    func matrix(_ name: String) throws -> [Float] {
      let module = "llama_model.base_model.model.model.layers.1.self_attn.q_proj"
      return try #require(state.entry(named: "\(module).\(name).default.weight")).tensor().floats
    }
    let (a, b) = (try matrix("lora_A"), try matrix("lora_B"))
    let expected = (0..<32 * 32).map { index in
      frozen[index] + 1.5 * (0..<4).reduce(Float(0)) { $0 + b[index / 32 * 4 + $1] * a[$1 * 32 + index % 32] }
    }
    // Four products of numbers around one are added in another order.
    #expect(difference(merged.floats, expected) < 2e-6)
    let replaced = try model.replacing([site: merged])
    #expect(replaced.decoder.lowRanks.count == 3 && model.decoder.lowRanks.count == 4)
    let (own, its) = (try replaced.logits(prompt(model)).floats, try model.logits(prompt(model)).floats)
    #expect(difference(own, its) < 2e-5)
    let zero = try model.replacing([site: Tensor.zeros(merged.axes)])
    #expect(try zero.weight(at: site).floats.allSatisfy { $0 == 0 })
    let path = folder.url.appendingPathComponent("replaced").path
    try replaced.save(to: path, dtype: .f32)
    #expect(try Model.load(FileSource(folder: path)).logits(prompt(model)).bits == replaced.logits(prompt(model)).bits)
  }

  /// An optimiser's state is not even looked at: one that is damaged changes nothing.
  @Test func whatIsNotTrainedWeightsIsNotRead() throws {
    let path = folder.url.appendingPathComponent("minigptv2_checkpoint.pth").path
    let before = try folder.model.fingerprint
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    let archive = try ZipArchive(FileBytes(bytes, name: "checkpoint"))
    // The state comes behind the model.
    let last = try #require(archive.members.last { $0.name.contains("/data/") })
    for place in last.headerOffset + 200..<last.headerOffset + 204 { bytes[place] ^= 0xFF }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    #expect(try folder.model.fingerprint == before)
    #expect(throws: (any Error).self) { try TorchFile(FileBytes(path: path)) }
    // Without weights everything else is read.
    try FileManager.default.removeItem(atPath: path)
    #expect(try folder.configuration.lowRank?.rank == 4)
  }
}
