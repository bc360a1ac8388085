import Autodiff
import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

/// The differentiable pass against inference, to the bit, and its gradients against torch's (scripts/fixtures/gradients.py).
///
/// Gradients are f32 sums in another order than torch's; the bound is relative to the largest entry of each tensor.
@Suite struct GradientTests {
  private let bound: Float = 2e-5

  private func prompt(_ name: String, _ model: Model) throws -> Prompt {
    let fixture = try TestModels.parity(name)
    guard name == "tinyllava" else { return try model.blueprint.prompt(ids: fixture.integers("ids")) }
    return try TinyPrompts().one
  }

  private func expected(_ name: String) throws -> Safetensors {
    try Safetensors(FileBytes(path: fixture("\(name)/gradients.safetensors").path))
  }

  /// Each of the last five tokens is to be predicted, with weights 1 to 5.
  private func loss(_ run: DifferentiableRun, _ prompt: Prompt) throws -> Variable {
    let count = prompt.ids.count
    let logits = try run.logits(try run.stream(), rows: Array(count - 6..<count - 1))
    return try logits.crossEntropy(targets: Array(prompt.ids.suffix(5)), weights: [1, 2, 3, 4, 5])
  }

  private func compare(_ found: Tensor?, _ fixture: Safetensors, _ name: String) throws {
    let expected = try fixture.floats(name)
    let found = try #require(found, "\(name) has no gradient").floats
    let scale = expected.reduce(0) { max($0, abs($1)) }
    let error = difference(found, expected)
    #expect(error <= bound * max(scale, 1e-3), "\(name) differs by \(error), its largest entry is \(scale)")
  }

  @Test(arguments: ["tinyllama", "tinyllava"], [false, true])
  func weights(_ name: String, checkpointed: Bool) throws {
    let model = try TestModels.tiny(name)
    let prompt = try prompt(name, model)
    let fixture = try expected(name)
    var options = DifferentiableRun.Options()
    options.checkpointed = checkpointed
    for site in model.configuration.weightSites {
      options.weights[site] = .leaf(try model.weight(at: site).to(.f32))
    }
    let run = try DifferentiableRun(model, [prompt], options)
    let loss = try loss(run, prompt)
    #expect(abs(try loss.value.item() - fixture.floats("loss")[0]) < 1e-3)
    let gradients = try loss.backward()
    var compared = 0
    for (site, leaf) in options.weights where fixture.contains(site.path) {
      try compare(gradients[leaf], fixture, site.path)
      compared += 1
    }
    #expect(compared == fixture.entries.filter { $0.name.hasSuffix("weight") || $0.name.hasSuffix("bias") }.count)
  }

  /// A listener that puts a leaf in place of every block output.
  private final class Leaves: DifferentiableListener {
    let sites: Set<Site>
    var leaves: [Site: Variable] = [:]

    init(_ sites: [Site]) { self.sites = Set(sites) }

    func visit(_ activation: DifferentiableActivation) throws -> DifferentiableActivation.Content {
      guard case .packed(let value) = activation.content else { return activation.content }
      // A leaf of zeros is added, so that gradients go on to what lies below.
      let zeros = Variable.leaf(try Tensor.zeros(value.axes))
      leaves[activation.site] = zeros
      return .packed(try value + zeros)
    }
  }

  @Test(arguments: ["tinyllama", "tinyllava"]) func activations(_ name: String) throws {
    let model = try TestModels.tiny(name)
    let prompt = try prompt(name, model)
    let fixture = try expected(name)
    let listener = Leaves((0..<model.configuration.decoder.layers).map { Site(.decoder, layer: $0, .output) })
    var options = DifferentiableRun.Options()
    options.listener = listener
    let gradients = try loss(DifferentiableRun(model, [prompt], options), prompt).backward()
    #expect(listener.leaves.count == model.configuration.decoder.layers)
    for (site, leaf) in listener.leaves { try compare(gradients[leaf], fixture, site.path) }
  }

  /// Keys and values of all positions but the last, then the last token alone over them.
  private final class Cache: DifferentiableListener {
    let sites: Set<Site>
    var keys: [Int: Variable] = [:]
    var values: [Int: Variable] = [:]

    init(layers: Int) {
      sites = Set((0..<layers).flatMap { [Site(.decoder, layer: $0, .key), Site(.decoder, layer: $0, .value)] })
    }

    func visit(_ activation: DifferentiableActivation) throws -> DifferentiableActivation.Content {
      guard case .packed(let value) = activation.content, let layer = activation.site.layer else {
        return activation.content
      }
      let kept = try value.select("token", .range(0..<activation.samples[0].count - 1))
      if activation.site.point == .key { keys[layer] = kept } else { values[layer] = kept }
      return activation.content
    }
  }

  @Test(arguments: ["tinyllama", "tinyllava"]) func keysAndValues(_ name: String) throws {
    let model = try TestModels.tiny(name)
    let prompt = try prompt(name, model)
    let fixture = try expected(name)
    let layers = model.configuration.decoder.layers
    let cache = Cache(layers: layers)
    var options = DifferentiableRun.Options()
    options.listener = cache
    _ = try DifferentiableRun(model, [prompt], options).stream()
    let keys = try (0..<layers).map { Variable.leaf(try #require(cache.keys[$0]).value) }
    let values = try (0..<layers).map { Variable.leaf(try #require(cache.values[$0]).value) }
    options.listener = nil
    options.past = .init(keys: keys, values: values, lengths: [prompt.ids.count - 1])
    let logits = try DifferentiableRun(model, [prompt], options).lastLogits()
    #expect(difference(logits.value.floats, try fixture.floats("last")) < 1e-4)
    #expect(logits.value.bits == Array(try model.logits(prompt).bits.suffix(logits.count)))
    let gradients = try logits.square().sum().backward()
    for layer in 0..<layers {
      try compare(gradients[keys[layer]], fixture, "past[\(layer)].key")
      try compare(gradients[values[layer]], fixture, "past[\(layer)].value")
    }
  }

  /// The logits of a packed batch are those of inference, whatever else is in the batch.
  @Test(arguments: [false, true]) func forwardIsInference(_ checkpointed: Bool) throws {
    let prompts = try TinyPrompts()
    var options = DifferentiableRun.Options()
    options.checkpointed = checkpointed
    let run = try DifferentiableRun(prompts.model, prompts.all, options)
    let logits = try run.logits(try run.stream(), rows: Array(0..<(run.samples.last?.upperBound ?? 0)))
    for (prompt, rows) in zip(prompts.all, run.samples) {
      let own = try logits.value.select("token", .range(rows))
      #expect(own.bits == (try prompts.model.logits(prompt)).bits)
    }
    // Features that are known already change nothing.
    options.features = .tower(try prompts.model.towerFeatures(prompts.all))
    let known = try DifferentiableRun(prompts.model, prompts.all, options).lastLogits()
    let last = try logits.rows(of: run.samples)
    #expect(known.value.bits == last.bits)
  }

  /// Looking at attention takes it apart; the numbers agree closely, and an edit of the weights gets a gradient.
  @Test func attentionTakenApart() throws {
    final class Weights: DifferentiableListener {
      let sites: Set<Site> = [Site(.decoder, layer: 1, .weights), Site(.vision, layer: 0, .scores)]
      var shares: [Variable] = []
      func visit(_ activation: DifferentiableActivation) throws -> DifferentiableActivation.Content {
        guard case .matrices(let matrices) = activation.content, activation.site.stack == .decoder else {
          return activation.content
        }
        shares = try matrices.map { .leaf(try Tensor.ones([Axis("head", $0.shape.sizes[0])])) }
        return .matrices(try zip(matrices, shares).map { try $0 * $1 })
      }
    }
    let prompts = try TinyPrompts()
    let listener = Weights()
    var options = DifferentiableRun.Options()
    options.listener = listener
    let logits = try DifferentiableRun(prompts.model, prompts.all, options).lastLogits()
    for (row, prompt) in prompts.all.enumerated() {
      let own = try logits.value.select("token", .index(row)).floats
      #expect(difference(own, Array(try prompts.model.logits(prompt).floats.suffix(own.count))) < 1e-4)
    }
    // d logits / d share: finite differences of the first head's share in the first sample.
    let gradients = try logits.sum().backward()
    let found = try #require(gradients[listener.shares[0]]).floats[0]
    #expect(found.isFinite && found != 0)
  }
}

extension Variable {
  /// The last row of each sample.
  fileprivate func rows(of samples: [Range<Int>]) throws -> Tensor {
    try value.select("token", .list(samples.map { $0.upperBound - 1 }))
  }
}
