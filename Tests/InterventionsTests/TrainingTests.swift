import Autodiff
import Checkpoints
import Foundation
import Models
import Tensors
import Testing

@testable import Interventions

/// Training as a whole: what it gives, that it can be stopped anywhere, and what it says when it cannot go on.
@Suite final class TrainingTests {
  private let miniature: Miniature
  private let folder: URL

  init() throws {
    miniature = try Miniature()
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-training-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private func items(_ count: Int, answer: String = "star") throws -> TrainingData {
    let texts = ["what color is the object ?", "name the count please .", "which shape is it ?"]
    let blueprint = miniature.model.blueprint
    return TrainingData(
      try (0..<count).map {
        try blueprint.trainingItem(
          miniature.prompt(texts[$0 % 3], image: $0 % 5), answer: $0 % 2 == 0 ? answer : "circle", endWeight: 0.2)
      })
  }

  private func tilt(_ form: LowRankEdit.Form = .mores, at sites: String = "layers[1..2].output") throws -> Intervention
  {
    Intervention(try SitePattern(sites), on: .image.first(2) + .last, try LowRankEdit(form, rank: 2))
  }

  private func options(_ steps: Int) -> TrainingOptions {
    var options = TrainingOptions()
    options.length = .steps(steps)
    options.batch = 4
    options.rate = 1e-2
    options.key = testKey
    return options
  }

  private func bits(_ trained: TrainedIntervention) -> [[UInt32]] { bits(trained.intervention) }

  private func bits(_ intervention: Intervention) -> [[UInt32]] {
    intervention.edits.flatMap { ($0.binding ?? []).flatMap { $0.parameters.map(\.tensor.bits) } }
  }

  // MARK: What it gives

  @Test func lossFallsAndAnswersFollow() throws {
    let (model, data) = (try miniature.steered(), try items(6, answer: "star"))
    var options = options(80)
    options.rate = 5e-2
    options.heldOutEvery = 20
    let trained = try model.train(tilt(), on: data, heldOut: data, options: options)
    let losses = trained.history.losses
    #expect(losses.count == 80)
    let (first, last) = (losses.prefix(4).reduce(0, +), losses.suffix(4).reduce(0, +))
    #expect(last < 0.2 * first)
    #expect(trained.history.heldOut.map(\.step) == [20, 40, 60, 80])
    #expect(trained.history.heldOut.last?.accuracy == 1)
    // Greedy decoding, which knows nothing of teacher forcing, agrees.
    let steered = try model.with(trained.intervention, key: testKey)
    let answers = try steered.generate(data.items(Array(0..<6)).map(\.prompt))
    #expect(answers.map(\.text) == ["star", "circle", "star", "circle", "star", "circle"])
    // And so does the saved file.
    try trained.intervention.save(to: path("tilt.safetensors"))
    let loaded = try Intervention.load(path("tilt.safetensors"))
    #expect(bits(loaded) == bits(trained))
    #expect(loaded.edits[0].binding?[0].parameters.map(\.isOrthonormal) == [true, false, false])
  }

  @Test(arguments: [OrthonormalConstraint.householder, .qr])
  func orthonormalRowsStayOrthonormalUnderDecay(_ constraint: OrthonormalConstraint) throws {
    var options = options(30)
    options.rate = 0.1
    options.decay = 0.5
    options.decaysVectors = true
    options.constraint = constraint
    let trained = try miniature.steered().train(tilt(), on: items(8), options: options)
    for own in try #require(trained.intervention.edits[0].binding) {
      let rows = try #require(own.parameters.first { $0.name == "R" }).tensor
      let product = try rows.contract(rows.rename("rank", to: "other"), over: ["model"]).floats()
      for (place, value) in product.enumerated() { #expect(abs(value - (place % 3 == 0 ? 1 : 0)) <= 1e-6) }
    }
  }

  @Test func aFreeMatrixDoesNotStayOrthonormal() throws {
    var options = options(5)
    options.constraint = .free
    let trained = try miniature.steered().train(tilt(), on: items(8), options: options)
    let rows = try #require(trained.intervention.edits[0].binding?[0].parameters[0]).tensor
    #expect(abs(try rows.square().sum(over: ["model"]).floats()[0] - 1) > 1e-4)
  }

  @Test func theModelsOwnInterventionsActAndStayAsTheyAre() throws {
    let frozen = try tilt(.loreft, at: "layers[0].output")
    let model = try miniature.steered(frozen)
    let before = bits(model.interventions[0])
    let alone = try miniature.steered().train(tilt(), on: items(8), options: options(3))
    let trained = try model.train(tilt(), on: items(8), options: options(3))
    #expect(bits(model.interventions[0]) == before)
    #expect(trained.history.losses[0] != alone.history.losses[0])
    #expect(trained.intervention.edits.count == 1)
  }

  @Test func onlyWhatMayLearnLearns() throws {
    var answers = AnswerOptions()
    answers.learns = { _, site, name in site == "layers[1].output" && name != "b" }
    let start = try tilt().bind(
      SiteCatalog(miniature.model.configuration), fingerprint: miniature.model.fingerprint, key: testKey)
    let trained = try miniature.steered().train(start, on: items(8), options: options(3), answers: answers)
    let changed = zip(bits(start), bits(trained)).map { $0 != $1 }
    #expect(changed == [true, true, false, false, false, false])
  }

  @Test func theBestParametersAreKeptWithPatience() throws {
    var options = options(60)
    options.rate = 0.5
    options.heldOutEvery = 1
    options.patience = 3
    let data = try items(8)
    let trained = try miniature.steered().train(tilt(), on: data, heldOut: data, options: options)
    let found = trained.history.heldOut
    let best = try #require(found.min { $0.loss < $1.loss })
    #expect(found.count < 60, "patience came to its end")
    #expect(found.last?.step == best.step + 3)
    #expect(trained.step == best.step)
  }

  // MARK: The same bits

  @Test func threadsPartsOfMemoryAndFeaturesChangeNoBit() throws {
    let data = try items(8)
    let expected = try miniature.steered().train(tilt(), on: data, options: options(4))
    let threads = ThreadPool.count
    ThreadPool.count = 1
    defer { ThreadPool.count = threads }
    #expect(try bits(miniature.steered().train(tilt(), on: data, options: options(4))) == bits(expected))
    var answers = AnswerOptions()
    answers.checkpointed = true
    #expect(
      try bits(miniature.steered().train(tilt(), on: data, options: options(4), answers: answers)) == bits(expected))
    // Without room for anything every item and feature is made again.
    answers.checkpointed = false
    answers.cacheBytes = 0
    #expect(
      try bits(miniature.steered().train(tilt(), on: data, options: options(4), answers: answers)) == bits(expected))
  }

  @Test func dropoutIsDrawnFromTheKey() throws {
    let data = try items(8)
    func train(_ share: Float, key: RandomKey = testKey, checkpointed: Bool = false) throws -> [Float] {
      var (options, answers) = (options(4), AnswerOptions())
      options.key = key
      (answers.dropout, answers.checkpointed) = (share, checkpointed)
      let start = try tilt().bind(
        SiteCatalog(miniature.model.configuration), fingerprint: miniature.model.fingerprint, key: testKey)
      return try miniature.steered().train(start, on: data, options: options, answers: answers).history.losses
    }
    #expect(try train(0.3) == train(0.3))
    #expect(try train(0.3) == train(0.3, checkpointed: true))
    #expect(try train(0.3) != train(0))
    #expect(try train(0.3) != train(0.3, key: otherKey))
  }

  @Test(arguments: [1, 3, 4, 6])
  func aResumedTrainingGivesTheBitsOfAnUninterruptedOne(_ stop: Int) throws {
    let data = try items(7)
    var options = options(8)
    options.heldOutEvery = 2
    options.patience = 5
    options.accumulate = 2
    var answers = AnswerOptions()
    answers.dropout = 0.1
    let straight = try miniature.steered().train(tilt(), on: data, heldOut: data, options: options, answers: answers)
    options.checkpoint = path("run.safetensors")
    var done = 0
    let control = RunControl(isCancelled: { done >= stop })
    do {
      _ = try miniature.steered().train(
        tilt(), on: data, heldOut: data, options: options, answers: answers, control: control
      ) { done = $0.step }
      Issue.record("it was not stopped")
    } catch let stopped as StoppedTraining {
      #expect(stopped.step == stop)
      #expect(stopped.checkpoint == path("run.safetensors"))
      #expect(stopped.result.history.losses == Array(straight.history.losses.prefix(stop)))
      #expect("\(stopped)".contains("after \(stop) of 8 steps; go on with `resume: \""))
    }
    options.resume = path("run.safetensors")
    // Order and dropout come from the file, whatever the key.
    options.key = otherKey
    let resumed = try miniature.steered().train(tilt(), on: data, heldOut: data, options: options, answers: answers)
    #expect(bits(resumed) == bits(straight))
    #expect(resumed.history == straight.history)
    #expect(resumed.step == straight.step)
    // What is over stays over.
    let again = try miniature.steered().train(tilt(), on: data, heldOut: data, options: options, answers: answers)
    #expect(bits(again) == bits(straight))
  }

  // MARK: What cannot go on

  @Test func aLossThatIsNoNumberStopsWithTheLastGoodParameters() throws {
    var options = options(10)
    options.rate = 1e30
    options.clip = nil
    options.schedule = Schedule(.constant)
    options.checkpoint = path("last.safetensors")
    #expect {
      _ = try miniature.steered().train(tilt(.noreft), on: items(8), options: options)
    } throws: { error in
      guard let stopped = error as? StoppedTraining, case .diverged(_, let items, let largest) = stopped.cause else {
        return false
      }
      #expect(items.count == 4)
      #expect(largest.first?.site.hasPrefix("layers[") == true)
      #expect(largest.first?.size.isFinite == false)
      #expect(stopped.result.parameters.allSatisfy { $0.tensor.floats().allSatisfy(\.isFinite) })
      #expect("\(error)".contains("became "))
      #expect("\(error)".contains("in the batch of items "))
      #expect("\(error)".contains("the largest activations: `layers["))
      return true
    }
    #expect(FileManager.default.fileExists(atPath: path("last.safetensors")))
  }

  @Test func aDiskThatIsFullLosesNothing() throws {
    struct Full: Error, CustomStringConvertible { let description = "no space left on device" }
    let data = try items(8)
    var options = options(6)
    options.checkpoint = path("full.safetensors")
    options.checkpointEvery = 2
    let bound = try tilt().bind(
      SiteCatalog(miniature.model.configuration), fingerprint: miniature.model.fingerprint, key: testKey)
    let objective = try AnswerObjective(
      miniature.steered(), bound, on: data, heldOut: nil, options, AnswerOptions(), control: RunControl())
    var writes = 0
    let loop = try TrainingLoop(
      objective, options,
      write: { checkpoint, path in
        writes += 1
        if writes == 2 { throw Full() }
        try checkpoint.write(to: path)
      })
    #expect {
      _ = try loop.run()
    } throws: { error in
      guard let stopped = error as? StoppedTraining else { return false }
      #expect(stopped.step == 4)
      #expect("\(stopped)".contains("ended after 4 of 6 steps because its checkpoint could not be written to"))
      #expect("\(stopped)".contains("no space left on device"))
      // What was learned is there, and the file still holds the checkpoint before.
      let expected = try? miniature.steered().train(bound, on: data, options: Self.short(options, 4))
      #expect(expected?.history.losses.count == 4)
      #expect(stopped.result.history.losses.count == 4)
      let kept = try? bits(bound.with(stopped.result))
      #expect(kept != bits(bound))
      return true
    }
    options.resume = options.checkpoint
    let resumed = try miniature.steered().train(bound, on: data, options: options)
    options.resume = nil
    options.checkpoint = nil
    options.checkpointEvery = nil
    #expect(try bits(resumed) == bits(miniature.steered().train(bound, on: data, options: options)))
  }

  private static func short(_ options: TrainingOptions, _ steps: Int) -> TrainingOptions {
    var options = options
    options.length = .steps(steps)
    (options.checkpoint, options.checkpointEvery) = (nil, nil)
    return options
  }

  @Test func whatCannotLearnIsSaidBeforeTheFirstStep() throws {
    var steps = 0
    func fails(
      _ words: String, _ intervention: Intervention, on data: TrainingData? = nil, heldOut: TrainingData? = nil,
      _ change: (inout TrainingOptions) -> Void = { _ in }
    ) throws {
      var options = options(2)
      change(&options)
      let data = try data ?? items(4)
      #expect {
        _ = try self.miniature.steered().train(intervention, on: data, heldOut: heldOut, options: options) { _ in
          steps += 1
        }
      } throws: {
        #expect($0 is TrainingError, "\($0)")
        #expect("\($0)".contains(words), "\($0)")
        return true
      }
    }
    let tilt = try tilt()
    let blueprint = miniature.model.blueprint
    let good = try items(1).items([0])[0]
    let last = Intervention(try SitePattern("layers[5].output"), on: .image, try LowRankEdit(.mores, rank: 1))
    try fails("the loss does not depend on `edit0.layers[5].output.R`", last)
    try fails("the loss does not depend on `edit1.layers[5].output.R`", tilt + last)
    let unread = Intervention(try SitePattern("vision.layers[3].output"), on: .all, try LowRankEdit(.mores, rank: 1))
    try fails("edit0.vision.layers[3].output.R", unread)
    try fails(
      "selects no token in any item",
      Intervention(try SitePattern("layers[1].output"), on: .word("triangle"), try LowRankEdit(.mores, rank: 1)))
    try fails("has no parameters to train", Intervention(try SitePattern("layers[1].output"), on: .last, Replace.zero))
    let lazy = ClosureOperator(
      name: "lazy",
      parameters: { site, _, _ in [NamedTensor("d", Tensor([Axis("model", site.width ?? 0)], noise(96, 9)))] },
      .variables { h, _, _ in try h + h })
    try fails(
      "`edit0.layers[1].output.d`: the operator does not use them",
      Intervention(try SitePattern("layers[1].output"), on: .last, lazy))
    try fails("the data set is empty", tilt, on: TrainingData([]))
    try fails("the held-out data set is empty", tilt, heldOut: TrainingData([]))
    try fails(
      "item 1: the answer's token 999 is outside the vocabulary, which has 162", tilt,
      on: TrainingData([good, try TrainingItem(good.prompt, answer: [999])]))
    try fails(
      "item 1: ", tilt,
      on: TrainingData(count: 2) {
        $0 == 0 ? good : try blueprint.trainingItem(good.prompt, answer: "xylophone")
      })
    try fails(
      "item 0: the answer is empty", tilt,
      on: TrainingData(count: 1) { _ in try blueprint.trainingItem(good.prompt, answer: " ") })
    try fails("`steps` is 0", tilt) { $0.length = .steps(0) }
    try fails("`accumulate` is 5; it lies between 1 and the batch, 4", tilt) { $0.accumulate = 5 }
    try fails("`lr` is -1", tilt) { $0.rate = -1 }
    try fails("betas lie in 0..<1", tilt) { $0.rule = .adamW(beta1: 2) }
    try fails("needs a `checkpoint` to write to", tilt) { $0.checkpointEvery = 2 }
    #expect(steps == 0)
  }

  @Test func aCheckpointOfAnotherTrainingIsRefused() throws {
    let data = try items(8)
    var options = options(2)
    options.checkpoint = path("run.safetensors")
    _ = try miniature.steered().train(tilt(), on: data, options: options)
    options.resume = options.checkpoint
    func fails(
      _ words: String, _ intervention: Intervention? = nil, on other: TrainingData? = nil,
      _ change: (inout TrainingOptions) -> Void = { _ in }
    ) throws {
      var options = options
      change(&options)
      let intervention = try intervention ?? tilt()
      #expect { _ = try self.miniature.steered().train(intervention, on: other ?? data, options: options) } throws: {
        #expect("\($0)".contains(words), "\($0)")
        return true
      }
    }
    try fails("with batch 4, this one has batch 2") { $0.batch = 2 }
    try fails("with lr 0.01, this one has lr 0.02") { $0.rate = 0.02 }
    try fails("with steps 2, this one has steps 3") { $0.length = .steps(3) }
    try fails("with items 8, this one has items 6", on: items(6))
    try fails("with data ", on: items(8, answer: "square"))
    try fails("with intervention ", tilt(.loreft))
    try tilt().bind(
      SiteCatalog(miniature.model.configuration), fingerprint: miniature.model.fingerprint, key: testKey
    ).save(to: path("intervention.safetensors"))
    try fails("this is no checkpoint of a training") { $0.resume = path("intervention.safetensors") }
    // Where the rate does not depend on the length, a training may go on for longer than it was meant to.
    options.schedule = Schedule(.constant)
    options.resume = nil
    _ = try miniature.steered().train(tilt(), on: data, options: options)
    options.length = .steps(4)
    options.resume = options.checkpoint
    let longer = try miniature.steered().train(tilt(), on: data, options: options)
    options.resume = nil
    options.checkpoint = nil
    #expect(try bits(longer) == bits(miniature.steered().train(tilt(), on: data, options: options)))
  }
}
