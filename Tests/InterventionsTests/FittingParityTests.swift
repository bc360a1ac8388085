import Autodiff
import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Interventions

/// Thirty steps of fitting against torch.optim.AdamW (scripts/fixtures/fitting.py).
struct FittingParityTests {
  private let file: Safetensors

  init() throws {
    file = try Safetensors(
      FileBytes(
        path: fixture("fitting").appendingPathComponent("results.safetensors").path, expected: "torch's results"))
  }

  private func tensor(_ name: String, _ axes: String...) throws -> Tensor { try file.tensor(named: name, axes: axes) }

  private func options(_ standardise: Bool, _ change: (inout FittingOptions) -> Void) throws -> FittingOptions {
    var options = FittingOptions()
    options.training.length = .steps(30)
    options.training.batch = 99
    options.training.rate = 1e-2
    options.training.schedule = Schedule(.constant)
    options.training.key = testKey
    options.standardise = standardise
    options.start = [
      "W1": try tensor("module.W1", "hidden", "model"), "b1": try tensor("module.b1", "hidden"),
      "W2": try tensor("module.W2", "model", "hidden"),
    ]
    change(&options)
    return options
  }

  @Test(arguments: ["plain", "l2s", "standardised"])
  func thirtyStepsAreTorchs(_ name: String) throws {
    let options = try options(name == "standardised") { options in
      guard name == "l2s" else { return }
      (options.l1, options.cosine) = (1, 0.1)
      options.training.decay = 0.05
      options.training.schedule = Schedule(.cosine)
    }
    let fit = try twoLayers(7).fit(
      from: tensor("module.inputs", "sample", "model"), to: tensor("targets", "sample", "model"), options: options)
    // Numbers of about 1; sums in another order differ in the last places, and thirty steps of Adam let that grow.
    let losses = try tensor("\(name).losses", "step").floats()
    #expect(losses.count == 30 && losses[29] < 0.9 * losses[0])
    #expect(zip(fit.history.losses, losses).allSatisfy { abs($0 - $1) < 2e-6 })
    for parameter in fit.function.parameters {
      let expected = try file.tensor(named: "\(name).\(parameter.name)", axes: parameter.tensor.shape.names)
      #expect(expected.shape == parameter.tensor.shape)
      #expect(zip(parameter.tensor.floats(), expected.floats()).allSatisfy { abs($0 - $1) < 2e-5 }, "\(parameter.name)")
    }
    let r2 = try #require(fit.function.quality.r2)
    #expect(try abs(r2 - tensor("\(name).r2", "one").floats()[0]) < 2e-6)
  }
}

/// W₂ tanh(W₁ h + b₁), as `mlp` of the standard library.
func twoLayers(_ hidden: Int) -> TrainableFunction {
  func shapes(_ width: Int) -> [(name: String, shape: Shape)] {
    [
      ("W1", Shape([Axis("hidden", hidden), Axis("model", width)])), ("b1", Shape([Axis("hidden", hidden)])),
      ("W2", Shape([Axis("model", width), Axis("hidden", hidden)])),
    ]
  }
  return TrainableFunction(
    name: "two_layers", arguments: [OperatorArgument("hidden", .integer(hidden))], shapes: shapes,
    parameters: { width, key in
      try zip(shapes(width), [width, width, hidden]).map { own, fanIn in
        NamedTensor(own.name, try Start.linear(fanIn: fanIn).tensor(own.shape.axes, key: key.fold(own.name)))
      }
    },
    { h, values in
      guard let first = values["W1"], let bias = values["b1"], let second = values["W2"] else { return h }
      return try (h.contract(first, over: ["model"]) + bias).tanh().contract(second, over: ["hidden"])
    })
}
