import Autodiff
import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Interventions

/// Functions that are fitted: what they learn, that equal fits are equal, that files hold them, and what is refused.
@Suite final class FittingTests {
  private let folder: URL
  private let inputs: Tensor
  private let targets: Tensor

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-fitting-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    inputs = try testKey.fold("inputs").normal([Axis("sample", 40), Axis("model", 8)])
    targets = try inputs.tanh().contract(
      testKey.fold("map").normal([Axis("model", 8), Axis("out", 8)], deviation: 0.5), over: ["model"])
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private func options(_ steps: Int, _ change: (inout FittingOptions) -> Void = { _ in }) -> FittingOptions {
    var options = FittingOptions()
    options.training.length = .steps(steps)
    options.training.batch = 8
    options.training.rate = 1e-2
    options.training.key = testKey
    change(&options)
    return options
  }

  private func bits(_ fit: Fit) -> [[UInt32]] { fit.function.parameters.map(\.tensor.bits) }

  private let registry = OperatorRegistry(trainable: { name, arguments in
    guard name == "two_layers", case .integer(let hidden)? = arguments.first?.value else { return nil }
    return twoLayers(hidden)
  })

  // MARK: What it gives

  @Test func itLearnsWhatTheTargetsAre() throws {
    let fit = try twoLayers(24).fit(from: inputs, to: targets, options: options(400))
    #expect(fit.history.losses.count == 400)
    let r2 = try #require(fit.function.quality.r2)
    #expect(r2 > 0.9)
    #expect("\(fit.function)" == "two_layers(hidden: 24), fitted on 40 samples, r² 0.\(Int((r2 * 100).rounded()))")
    let outputs = try fit.function(inputs)
    #expect(outputs.shape == inputs.shape)
    // r² by its definition, in f64.
    let (y, t) = (outputs.floats().map(Double.init), targets.floats().map(Double.init))
    var (left, all) = (0.0, 0.0)
    for column in 0..<8 {
      let rows = (0..<40).map { $0 * 8 + column }
      let mean = rows.reduce(0) { $0 + t[$1] } / 40
      for row in rows {
        left += (y[row] - t[row]) * (y[row] - t[row])
        all += (t[row] - mean) * (t[row] - mean)
      }
    }
    #expect(abs(Double(r2) - (1 - left / all)) < 1e-6)
  }

  @Test func equalFitsAreEqualAndSeedsMatter() throws {
    let function = twoLayers(5)
    let fit = try function.fit(from: inputs, to: targets, options: options(30))
    let again = try function.fit(from: inputs, to: targets, options: options(30))
    #expect(bits(fit) == bits(again) && fit.history == again.history)
    #expect(fit.function.isSame(as: again.function))
    let other = try function.fit(from: inputs, to: targets, options: options(30) { $0.training.key = otherKey })
    #expect(bits(fit) != bits(other))
    let threads = ThreadPool.count
    ThreadPool.count = 1
    defer { ThreadPool.count = threads }
    #expect(try bits(function.fit(from: inputs, to: targets, options: options(30))) == bits(fit))
  }

  @Test func axesAreTheCallersAndRowsDoNotMix() throws {
    let fitted = try twoLayers(5).fit(from: inputs, to: targets, options: options(10)).function
    let rows = try fitted(inputs)
    let split = try inputs.reshape([Axis("head", 4), Axis("hidden", 10), Axis("feature", 8)])
    let mapped = try fitted(split)
    #expect(mapped.shape == split.shape)
    #expect(mapped.bits == rows.bits)
    let one = try fitted(inputs.select("sample", .index(7)))
    #expect(one.shape.names == ["model"])
    #expect(try one.bits == rows.select("sample", .index(7)).bits)
    #expect(throws: InterventionError.self) { _ = try fitted(Tensor([Axis("model", 7)], noise(7, 1))) }
  }

  @Test func itDifferentiates() throws {
    let fitted = try twoLayers(5).fit(from: inputs, to: targets, options: options(10) { $0.standardise = true })
      .function
    let point = try inputs.select("sample", .range(0..<3))
    let leaf = Variable.leaf(point)
    let gradient = try #require(try fitted(leaf).square().sum().backward()[leaf])
    let direction = Tensor(point.axes, noise(24, 9))
    func value(_ step: Float) throws -> Double {
      try fitted(point.adding(direction.scaled(by: step))).floats().reduce(0) { $0 + Double($1) * Double($1) }
    }
    let slope = try (value(1e-2) - value(-1e-2)) / 2e-2
    let found = zip(gradient.floats(), direction.floats()).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(slope - found) < 1e-3 * max(1, abs(slope)))
  }

  @Test func inputsAreStandardisedByWhatWasLearnedFrom() throws {
    // Features of very different sizes, and one that never varies.
    let sizes = Tensor([Axis("model", 8)], [1, 10, 100, 1000, 1, 1, 1, 0])
    let wide = try inputs.multiplying(sizes).adding(Tensor([Axis("model", 8)], [0, 5, -300, 7, 0, 0, 0, 3.7]))
    let fit = try twoLayers(24).fit(from: wide, to: targets, options: options(400) { $0.standardise = true })
    let own = try #require(fit.function.standardisation)
    #expect(own.deviation.floats()[7] == 1)
    #expect(try own.mean.bits == wide.mean(over: ["sample"]).bits)
    let raw = try twoLayers(24).fit(from: wide, to: targets, options: options(400))
    #expect(try #require(fit.function.quality.r2) > #require(raw.function.quality.r2) + 0.05)
    // Held-out samples have no part in it.
    let kept = try twoLayers(4).fit(
      from: wide, to: targets,
      options: options(2) {
        $0.standardise = true
        $0.heldOut = 0.25
      })
    #expect(kept.function.quality.samples == 30 && kept.function.quality.heldOut == 10)
    #expect(try #require(kept.function.standardisation).mean.bits != own.mean.bits)
  }

  @Test func fittingStopsWhereHeldOutSamplesGetNoBetter() throws {
    // Targets without any relation to the inputs: learning them by heart makes others worse.
    let chance = try testKey.fold("chance").normal([Axis("sample", 40), Axis("model", 8)])
    let fit = try twoLayers(64).fit(
      from: inputs, to: chance,
      options: options(600) {
        $0.heldOut = 0.3
        $0.training.patience = 3
      })
    #expect(fit.history.losses.count < 600)
    let measured = fit.history.heldOut
    #expect(measured.map(\.step) == measured.indices.map { ($0 + 1) * 3 })
    let best = try #require(measured.min { $0.loss < $1.loss })
    #expect(fit.step == best.step && best.step == measured[measured.count - 4].step)
    // Its parameters are those of the best step: a fit that ends there has them.
    let short = try twoLayers(64).fit(
      from: inputs, to: chance,
      options: options(600) {
        $0.heldOut = 0.3
        $0.training.patience = 3
        $0.training.length = .steps(600)
      })
    #expect(bits(short) == bits(fit))
    let text = "\(fit.function)"
    #expect(text.contains("fitted on 28 samples, r² ") && text.contains(", on 12 held out "))
  }

  @Test func termsOfTheLossAreWhatTheySay() throws {
    // At zero parameters the output is zero: the loss of the first step is known.
    let zero = Tensor([Axis("model", 8), Axis("hidden", 3)], [Float](repeating: 0, count: 24))
    func loss(_ change: (inout FittingOptions) -> Void) throws -> Float {
      let options = options(1) {
        $0.training.batch = 40
        $0.start = ["W2": zero]
        change(&$0)
      }
      return try twoLayers(3).fit(from: inputs, to: targets, options: options).history.losses[0]
    }
    let t = targets.floats().map(Double.init)
    let squared = t.reduce(0) { $0 + $1 * $1 } / 320
    let absolute = t.reduce(0) { $0 + abs($1) } / 320
    #expect(try abs(Double(loss { _ in }) - squared) < 1e-6)
    #expect(try abs(Double(loss { $0.l1 = 0.5 }) - (squared + 0.5 * absolute)) < 1e-6)
    // The cosine with zero is 0.
    #expect(try abs(Double(loss { $0.cosine = 0.25 }) - (squared + 0.25)) < 1e-6)
  }

  // MARK: Steering

  @Test func addCallsIt() throws {
    let fitted = try twoLayers(5).fit(from: inputs, to: targets, options: options(10)).function
    let sites = try SitePattern("layers[1].output")
    let own = try apply(Intervention(sites, on: .text, Add(fitted, strength: .number(1.5)))).values()
    let function = Add(source: "g", strength: .number(1.5)) { try fitted($0) }
    #expect(try own == apply(Intervention(sites, on: .text, function)).values())
    #expect(own != noise(28 * 8, 1))
    let heads = Intervention(try SitePattern("layers[1].attention.mixed"), on: .text, Add(fitted))
    #expect { _ = try apply(heads) } throws: {
      "\($0)".contains("was fitted on rows of 8 numbers, the site is [head 2, token, feature 4]")
    }
  }

  @Test func filesHoldIt() throws {
    let fit = try twoLayers(5).fit(
      from: inputs, to: targets,
      options: options(10) {
        $0.standardise = true
        $0.heldOut = 0.2
      })
    try fit.function.save(to: path("g.safetensors"))
    let loaded = try FittedFunction.load(path("g.safetensors"), registry: registry)
    #expect(loaded.isSame(as: fit.function) && "\(loaded)" == "\(fit.function)")
    #expect(try loaded(inputs).bits == fit.function(inputs).bits)

    let adding = Intervention(
      try SitePattern("layers[0..1].output"), on: .text + .generated,
      Add(fit.function, strength: .number(0.7), at: .last))
    let saved = try (adding + 0.5 * adding).bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey)
    try saved.save(to: path("i.safetensors"))
    let opened = try Intervention.load(path("i.safetensors"), registry: registry)
    #expect(opened == saved)
    #expect(opened.description.contains("add(‹two_layers(hidden: 5), fitted on 32 samples"))
    #expect(opened.description.contains(", strength: 0.7, at: .last)"))
    #expect(try apply(opened).values() == apply(saved).values())
    try opened.save(to: path("again.safetensors"))
    #expect(
      try Data(contentsOf: folder.appendingPathComponent("i.safetensors"))
        == Data(contentsOf: folder.appendingPathComponent("again.safetensors")))

    // Another set of parameters is another intervention.
    let other = try twoLayers(5).fit(from: inputs, to: targets, options: options(11)).function
    #expect(!other.isSame(as: fit.function))
  }

  @Test func filesThatDoNotFitSaySo() throws {
    let fitted = try twoLayers(5).fit(from: inputs, to: targets, options: options(2)).function
    try fitted.save(to: path("g.safetensors"))
    #expect { _ = try FittedFunction.load(path("g.safetensors"), registry: OperatorRegistry()) } throws: {
      "\($0)".contains("uses the operator `two_layers`, which is not defined here")
    }
    let changed = OperatorRegistry(trainable: { _, _ in twoLayers(6) })
    #expect { _ = try FittedFunction.load(path("g.safetensors"), registry: changed) } throws: {
      "\($0)".contains("W1[hidden: 5, model: 8]") && "\($0)".contains("which here has W1[hidden: 6, model: 8]")
    }
    #expect { _ = try Intervention.load(path("g.safetensors"), registry: registry) } throws: {
      "\($0)".contains("holds a fitted function, no intervention")
    }
    let plain = Intervention(try SitePattern("layers[1].output"), on: .text, Replace.zero)
    try plain.bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey).save(to: path("i.safetensors"))
    #expect { _ = try FittedFunction.load(path("i.safetensors"), registry: registry) } throws: {
      "\($0)".contains("holds an intervention, no fitted function")
    }
  }

  // MARK: What is refused

  @Test func whatCannotBeFittedSaysWhy() throws {
    func message(
      _ function: TrainableFunction = twoLayers(3), from inputs: Tensor? = nil, to targets: Tensor? = nil,
      _ change: (inout FittingOptions) -> Void = { _ in }
    ) -> String {
      do {
        _ = try function.fit(from: inputs ?? self.inputs, to: targets ?? self.targets, options: options(3, change))
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    let short = try targets.select("sample", .range(0..<39))
    #expect(message(to: short).contains("40 inputs of 8 numbers and 39 targets of 8"))
    #expect(message(from: Tensor(1)).contains("must be [sample, model]"))
    var broken = inputs.floats()
    broken[3 * 8 + 2] = .nan
    #expect(message(from: Tensor(inputs.axes, broken)).contains("sample 3 of the inputs is not finite"))
    #expect(message { $0.heldOut = 1 }.contains("`held_out` is 1; a share lies in 0..<1"))
    #expect(message { $0.heldOut = 0.999 }.contains("leaves nothing of 40 samples"))
    #expect(message { $0.l1 = -1 }.contains("`l1` is -1"))
    #expect(message { $0.training.rate = 0 }.contains("`lr` is"))
    #expect(
      message { $0.start = ["W3": inputs] }.contains("names `W3`, and `two_layers(hidden: 3)` has `W1`, `b1`, `W2`"))
    #expect(
      message { $0.start = ["W1": inputs] }.contains(
        "gives `W1` as [sample: 40, model: 8]; it is [hidden: 3, model: 8]"))
    #expect(message { $0.training.rate = 1e30 }.contains("lower `lr`"))
    let nothing = TrainableFunction(name: "plain", shapes: { _ in [] }, parameters: { _, _ in [] }) { h, _ in h }
    #expect(message(nothing).contains("`plain()` has no parameters to learn"))
    let narrow = TrainableFunction(
      name: "narrow", shapes: { _ in [("b", Shape([]))] }, parameters: { _, _ in [NamedTensor("b", Tensor(1))] }
    ) { h, values in try h.mean(over: ["model"]) * (values["b"] ?? h) }
    #expect(message(narrow).contains("`narrow()` makes [token: 8] of [token: 8, model: 8]"))
  }

  @Test func anInterruptionEndsIt() throws {
    #expect(throws: ModelError.interrupted) {
      _ = try twoLayers(3).fit(
        from: inputs, to: targets, options: options(3), control: RunControl(isCancelled: { true }))
    }
  }
}
