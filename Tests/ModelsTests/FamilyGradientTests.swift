import Autodiff
import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

/// The differentiable pass of every family: inference to the bit, and gradients of every kind of weight against torch's.
///
/// Gradients are f32 sums in another order than torch's; the bound is relative to the largest entry of each tensor.
@Suite struct FamilyGradientTests {
  @Test(arguments: FamilyFixture.names, [false, true])
  func forwardIsInference(_ name: String, checkpointed: Bool) throws {
    let model = try FamilyFixture.model(name)
    let prompts = try FamilyFixture.prompts(name, model)
    var options = DifferentiableRun.Options()
    options.checkpointed = checkpointed
    let run = try DifferentiableRun(model, prompts, options)
    let logits = try run.logits(try run.stream(), rows: Array(0..<(run.samples.last?.upperBound ?? 0)))
    for (prompt, rows) in zip(prompts, run.samples) {
      let own = try logits.value.select("token", .range(rows))
      #expect(try own.bits == model.logits(prompt).bits, "\(name)")
    }
  }

  /// Every site shows what inference shows there, attention taken apart or not.
  @Test(arguments: FamilyFixture.names) func sitesAreThoseOfInference(_ name: String) throws {
    final class Record: DifferentiableListener {
      let sites: Set<Site>
      var seen: [Site: Tensor] = [:]
      init(_ sites: [Site]) { self.sites = Set(sites) }
      func visit(_ activation: DifferentiableActivation) throws -> DifferentiableActivation.Content {
        switch activation.content {
        case .packed(let value): seen[activation.site] = value.value
        case .matrices(let matrices): seen[activation.site] = matrices[0].value
        }
        return activation.content
      }
    }
    let model = try FamilyFixture.model(name)
    let prompt = try FamilyFixture.prompt("a", name, model)
    let record = Record(model.configuration.sites)
    var options = DifferentiableRun.Options()
    options.listener = record
    _ = try DifferentiableRun(model, [prompt], options).lastLogits()
    for (site, own) in try activations(model, [prompt]) {
      var found = try #require(record.seen[site], "\(site.path)")
      if found.axes.count == 3, site.point != .scores, site.point != .weights {
        found = try found.reorder(["head", "token", "feature"])
      }
      // Masked scores are −∞ in both.
      let finite = zip(found.floats, own.floats).filter { $0 != -.infinity || $1 != -.infinity }
      #expect(difference(finite.map(\.0), finite.map(\.1)) < 2e-5, "\(name) \(site.path)")
    }
  }

  @Test(arguments: ["phi", "qwen2", "gemma2", "gemma3", "gpt2"]) func weights(_ name: String) throws {
    let model = try FamilyFixture.model(name)
    let prompt = try FamilyFixture.prompt("a", name, model)
    let fixture = try Safetensors(FileBytes(path: fixture("families/\(name)/gradients.safetensors").path))
    var options = DifferentiableRun.Options()
    for site in model.configuration.weightSites {
      options.weights[site] = .leaf(try model.weight(at: site).to(.f32))
    }
    let run = try DifferentiableRun(model, [prompt], options)
    let count = prompt.ids.count
    let logits = try run.logits(try run.stream(), rows: Array(count - 6..<count - 1))
    let loss = try logits.crossEntropy(targets: Array(prompt.ids.suffix(5)), weights: [1, 2, 3, 4, 5])
    #expect(abs(try loss.value.item() - fixture.floats("loss")[0]) < 1e-3)
    let gradients = try loss.backward()
    // Without rotary embedding a bias of all keys changes no weight: its gradient is 0 but for rounding.
    let floor: Float = name == "gpt2" ? 1e-2 : 1e-3
    var compared = 1
    for (site, leaf) in options.weights where fixture.contains(site.path) {
      let expected = try fixture.floats(site.path)
      let found = try #require(gradients[leaf], "\(site.path) has no gradient").floats
      let scale = expected.reduce(0) { max($0, abs($1)) }
      let error = difference(found, expected)
      #expect(
        error <= 2e-5 * max(scale, floor), "\(name) \(site.path) differs by \(error), its largest entry is \(scale)")
      compared += 1
    }
    #expect(compared == fixture.entries.count)
  }
}
