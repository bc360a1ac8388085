import Autodiff
import Checkpoints
import Testing

@testable import Models

/// Derivatives of every weight against torch's in `gradient/…` of a fixture, of the weighted loss of a prompt's last four tokens,
/// within 2·10⁻⁵ of each tensor's largest entry: f32 sums in another order.
///
/// - Parameter samples: about how many entries of each tensor the fixture keeps.
func expectTorchGradients(_ model: Model, _ prompt: Prompt, _ fixture: Safetensors, samples: Int) throws {
  var options = DifferentiableRun.Options()
  for site in model.configuration.weightSites {
    options.weights[site] = .leaf(try model.weight(at: site).to(.f32))
  }
  let run = try DifferentiableRun(model, [prompt], options)
  let count = prompt.ids.count
  let logits = try run.logits(try run.stream(), rows: Array(count - 5..<count - 1))
  let loss = try logits.crossEntropy(targets: Array(prompt.ids.suffix(4)), weights: [1, 2, 3, 4])
  #expect(abs(try loss.value.item() - fixture.floats("gradient/loss")[0]) < 1e-3)
  let gradients = try loss.backward()
  var compared = 0
  for (site, leaf) in options.weights where fixture.contains("gradient/\(site.path)") {
    let expected = try fixture.floats("gradient/\(site.path)")
    let found = (try #require(gradients[leaf])).floats
    let step = max(1, found.count / samples)
    let sampled = stride(from: 0, to: found.count, by: step).map { found[$0] }
    // A bias of all keys changes what is left of it after turning only; its derivatives are the smallest.
    let largest = expected.reduce(0) { max($0, abs($1)) }
    #expect(difference(sampled, expected) <= 2e-5 * largest + 1e-6, "\(site.path)")
    compared += 1
  }
  // The loss is one of them.
  #expect(compared == fixture.entries.filter { $0.name.hasPrefix("gradient/") }.count - 1)
  #expect(compared > 60)
}
