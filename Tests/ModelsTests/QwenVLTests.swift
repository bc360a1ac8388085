import Autodiff
import Checkpoints
import Foundation
import Kernels
import Tensors
import TestSupport
import Testing

@testable import Models

/// Qwen2-VL and Qwen2.5-VL against transformers: M-RoPE, pictures of any size, windows.
@Suite struct QwenVLTests {
  /// f32 sums in another order than the reference's, nothing else.
  @Test(arguments: QwenVLCase.names) func everythingIsTheReferences(_ name: String) throws {
    let own = try QwenVLCase(name)
    for (number, prompt) in own.prompts.enumerated() {
      let seen = try activations(own.model, [prompt])
      var compared = 0
      for site in own.model.configuration.sites where own.fixture.contains("\(number)/\(site.path)") {
        let found = try #require(seen[site]).floats
        #expect(difference(found, try own.floats(site.path, of: number)) < 2e-4, "\(number) \(site.path)")
        compared += 1
      }
      #expect(compared == (number == 0 ? 9 : 2))
      #expect(difference(try own.model.logits(prompt).floats, try own.floats("logits", of: number)) < 2e-4)
    }
  }

  @Test(arguments: QwenVLCase.names) func answersAreTheReferences(_ name: String) throws {
    let own = try QwenVLCase(name)
    var options = GenerationOptions()
    options.maximumTokens = 8
    for (number, prompt) in own.prompts.enumerated() {
      let answer = try own.model.generate([prompt], options: options)[0].ids
      let expected = try own.fixture.integers("\(number)/greedy")
      // The reference does not stop at the end token.
      #expect(!answer.isEmpty && answer == Array(expected.prefix(answer.count)))
    }
  }

  @Test(arguments: QwenVLCase.names) func positionsAreTheReferences(_ name: String) throws {
    let own = try QwenVLCase(name)
    for (number, prompt) in own.prompts.enumerated() {
      let positions = MultimodalPositions(prompt.context, own.model.configuration.decoder)
      let found = prompt.ids.indices.map { positions[$0] }
      let expected = try own.fixture.integers("\(number)/positions")
      #expect(found.map(\.time) + found.map(\.row) + found.map(\.column) == expected)
      // An answer goes on after the last position.
      #expect(positions[prompt.ids.count + 3].time == (found.map(\.largest).max() ?? 0) + 4)
    }
  }

  /// Virtual positions count on by one; pictures behind them move along.
  @Test func virtualPositionsCountOn() throws {
    let own = try QwenVLCase("qwen2_vl")
    let prompt = own.steered
    let positions = MultimodalPositions(prompt.context, own.model.configuration.decoder)
    #expect((0..<6).map { positions[$0].time } == Array(0..<6))
    let (first, second) = (prompt.context.images[0].positions, prompt.context.images[1].positions)
    #expect(first == 6..<21 && positions[6].row == 6 && positions[20].column == 10 && positions[20].time == 6)
    // Three rows of five cells: on from 6 + 5.
    #expect((21..<second.lowerBound).map { positions[$0].row } == Array(11..<11 + second.lowerBound - 21))
    #expect(positions[second.lowerBound + 7].row == positions[second.lowerBound].row + 3)
    #expect(positions[second.upperBound].time == positions[second.lowerBound].time + 4)
  }

  /// Each sample gets the bits that it has alone, whoever else is in the batch and however many threads there are; a
  /// cached step gives what the whole sequence gives.
  @Test(arguments: QwenVLCase.names) func bitsDependOnNothingElse(_ name: String) throws {
    let own = try QwenVLCase(name)
    let (model, prompts) = (own.model, try own.all)
    let before = sk_threads()
    defer { sk_set_threads(before) }
    for (sample, prompt) in prompts.enumerated() {
      sk_set_threads(1)
      let alone = try activations(model, [prompt])
      sk_set_threads(3)
      let packed = try activations(model, prompts, sample: sample)
      for site in model.configuration.sites {
        #expect(alone[site]?.bits ?? [] == packed[site]?.bits, "\(sample) \(site.path)")
      }
      // Looking at matrices changes nothing.
      let end = Site(.decoder, .logits)
      #expect(alone[end]?.bits == (try model.logits(prompt).bits))
    }
    sk_set_threads(before)
    var options = GenerationOptions()
    options.maximumTokens = 5
    let answers = try model.generate(prompts, options: options)
    for (prompt, answer) in zip(prompts, answers) where answer.ids.count > 1 {
      let recorder = Recorder([Site(.decoder, .logits)])
      _ = try model.generate([prompt], options: options, listener: recorder)
      for (step, seen) in (recorder.seen[Site(.decoder, .logits)] ?? []).enumerated() {
        let whole = Prompt(ids: prompt.ids + answer.ids.prefix(step), context: prompt.context, images: prompt.images)
        #expect(seen.bits.suffix(83) == (try model.logits(whole)).bits.suffix(83))
      }
    }
  }

  /// The pass that gradients go through gives the bits of inference.
  @Test(arguments: QwenVLCase.names, [false, true]) func bothPassesAreOne(_ name: String, checkpointed: Bool) throws {
    let own = try QwenVLCase(name)
    let (model, prompts) = (own.model, try own.all)
    var options = DifferentiableRun.Options()
    options.checkpointed = checkpointed
    let run = try DifferentiableRun(model, prompts, options)
    let logits = try run.logits(try run.stream(), rows: Array(0..<(run.samples.last?.upperBound ?? 0)))
    for (prompt, rows) in zip(prompts, run.samples) {
      #expect(try logits.value.select("token", .range(rows)).bits == model.logits(prompt).bits)
    }
    options.features = .tower(try model.towerFeatures(prompts))
    let known = try DifferentiableRun(model, prompts, options).lastLogits().value
    #expect(try known.bits == DifferentiableRun(model, prompts).lastLogits().value.bits)
    // Pixels that get a gradient are unfolded by operations of their own.
    options.features = nil
    options.pixels = prompts.flatMap(\.images).map { Variable.leaf($0) }
    #expect(try DifferentiableRun(model, prompts, options).lastLogits().value.bits == known.bits)
  }

  /// Over the prompt of two pictures.
  @Test(arguments: QwenVLCase.names) func gradientsAreTorchs(_ name: String) throws {
    let own = try QwenVLCase(name)
    try expectTorchGradients(own.model, own.prompts[2], own.fixture, samples: 60)
  }

  /// Two pictures of the same numbers and different shapes are two pictures.
  @Test(arguments: QwenVLCase.names) func shapesTellPicturesApart(_ name: String) throws {
    let own = try QwenVLCase(name)
    func plain(_ rows: Int, _ columns: Int) -> PreparedImage {
      TestModels.prepared(
        Tensor(Shape([Axis("channel", 3), Axis("row", rows), Axis("column", columns)])) { $0.update(repeating: 0.3) })
    }
    let cells = Array(repeating: 5, count: 8)
    func answer(_ model: Model, _ image: PreparedImage) throws -> [UInt32] {
      try model.logits(model.blueprint.prompt(ids: [1, 3] + cells + [4, 9], images: [image])).bits
    }
    let tall = try answer(own.model, plain(56, 28))
    let wide = try answer(own.model, plain(28, 56))
    #expect(tall != wide)
    let fresh = try QwenVLCase(name)
    #expect(try answer(fresh.model, plain(28, 56)) == wide)
  }
}
