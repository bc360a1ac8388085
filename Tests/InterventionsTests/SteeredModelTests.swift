import Models
import Tensors
import Testing

@testable import Interventions

/// Laws that hold for the embedded model, to the bit.
struct SteeredModelTests {
  private let miniature: Miniature
  private let mores: Intervention
  private let push: Intervention

  init() throws {
    miniature = try Miniature()
    mores = try Intervention(
      SitePattern("layers[0..4].output"), on: TokenSelector(".image.first(4) + .image.last(5)"),
      LowRankEdit(.mores, rank: 2))
    let direction = try testKey.fold("push").normal([Axis("model", 96)], deviation: 8)
    push = try Intervention(SitePattern("layers[3].output"), on: .last + .generated, Add(direction))
  }

  private func question(_ image: Int? = 3) throws -> Prompt {
    try miniature.prompt("what color is the object ?", image: image)
  }

  @Test func theBaseAnswersAsBefore() throws {
    let before = try miniature.model.logits(question()).bits
    let steered = try miniature.steered(mores, push)
    let after = try steered.logits(question()).bits
    #expect(after != before)
    #expect(try miniature.model.logits(question()).bits == before)
    #expect(try SteeredModel(miniature.model).logits(question()).bits == before)
    // What one model was given, another made from it does not change.
    let more = try steered.with(push, key: testKey)
    #expect(try more.logits(question()).bits != after)
    #expect(try steered.logits(question()).bits == after)
  }

  @Test func noStrengthIsNoChangeOfAnyBit() throws {
    let before = try miniature.model.logits(question()).bits
    let zero = Tensor([Axis("model", 96)], [Float](repeating: 3, count: 96))
    let sites = try SitePattern("layers[*].output + projector.output")
    for none in [
      0 * mores, Intervention(sites, on: .all, Add(zero, strength: .number(0))),
      Intervention(sites, on: .all, Scale(.number(1))), Intervention(sites, on: .imageNumber(3), Replace.zero),
      Intervention(try SitePattern("layers[*].attention.weights"), on: .imageNumber(3), Replace.zero),
    ] {
      #expect(try miniature.steered(none).logits(question()).bits == before, "\(none)")
    }
  }

  @Test func aTextPromptIsUntouchedByImageEdits() throws {
    let text = try miniature.prompt("what is three plus four ?")
    let board = NoticeBoard()
    let steered = try miniature.steered(mores, board: board)
    #expect(try steered.logits(text).bits == miniature.model.logits(text).bits)
    #expect(board.notices.map(\.level) == [.info])
  }

  @Test func aSelectionThatIsEmptyInManySamplesIsNoticedOnce() throws {
    let board = NoticeBoard()
    let none = Intervention(try SitePattern("layers[1].output"), on: .imageNumber(3), Replace.zero)
    let prompts = [try question(), try question(), try question()]
    _ = try miniature.steered(none, board: board).generate(prompts)
    #expect(board.notices.map(\.level) == [.warning])
    #expect(board.notices.first?.message.hasSuffix("sample 0 has no such token") == true)
  }

  @Test func theOrderIsThatOfWriting() throws {
    let double = Intervention(try SitePattern("layers[1].output"), on: .text, Scale(.number(2)))
    let shift = Intervention(
      try SitePattern("layers[1].output"), on: .text,
      Add(try testKey.normal([Axis("model", 96)], deviation: 1)))
    let sum = try miniature.steered(double + shift).logits(question()).bits
    #expect(try miniature.steered(double, shift).logits(question()).bits == sum)
    #expect(try miniature.steered(shift, double).logits(question()).bits != sum)
  }

  @Test func batchesAreTheSameBitsAsSinglePrompts() throws {
    let steered = try miniature.steered(mores, push)
    let prompts = [
      try question(), try miniature.prompt("what is three plus four ?"),
      try miniature.prompt("a note says the count is four . how many objects are there ?", image: 7),
    ]
    let site = SitePattern([Site(.decoder, .norm)])
    let together = try steered.trace(prompts, at: site)
    for (prompt, trace) in zip(prompts, together) {
      #expect(try trace.tensor(site).bits == steered.trace(prompt, at: site).tensor(site).bits)
    }
  }

  @Test func cachedGenerationIsRecomputation() throws {
    let steered = try miniature.steered(mores, push)
    let prompt = try miniature.prompt("describe the image .", image: 9)
    let sites = try SitePattern("layers[*].output")
    let trace = try steered.trace(prompt, at: sites, generate: 6)
    let cached = try trace.tensor(sites)
    #expect(trace.generated.count == 6)
    #expect(cached.axes[1].size == prompt.ids.count + 6)
    // One pass over everything that was generated, edits of generated tokens included.
    let whole = Prompt(ids: prompt.ids + trace.generated, context: trace.context, images: prompt.images)
    #expect(try steered.trace(whole, at: sites).tensor(sites).bits == cached.bits)
    #expect(try miniature.model.generate([prompt]).first?.ids != trace.generated, "the edit changes the answer")
  }

  @Test func aPromptEditActsOnceAndLivesOnInTheCache() throws {
    var seen: [[Int]] = []
    let spy = ClosureOperator(
      name: "spy",
      .tensors { hidden, _, context in
        seen.append(context.positions)
        return hidden.scaled(by: 0.5)
      })
    let steered = try miniature.steered(Intervention(try SitePattern("layers[2].input"), on: .image.first(3), spy))
    let prompt = try miniature.prompt("describe the image .", image: 9)
    var options = GenerationOptions()
    options.maximumTokens = 5
    _ = try steered.generate([prompt], options: options)
    #expect(seen == [[3, 4, 5]])
  }

  @Test func attentionIsEditedThroughItsMatrices() throws {
    // Silencing every query's attention at a layer is silencing what attention adds there.
    let weights = Intervention(try SitePattern("layers[2].attention.weights"), on: .all + .generated, Replace.zero)
    let output = Intervention(try SitePattern("layers[2].attention.output"), on: .all + .generated, Replace.zero)
    let a = try miniature.steered(weights).logits(question()).floats()
    let b = try miniature.steered(output).logits(question()).floats()
    #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(try a != miniature.model.logits(question()).floats())
  }

  @Test func visionEditsReachTheAnswer() throws {
    let edit = Intervention(try SitePattern("vision.layers[2].output"), on: .image, Replace.zero)
    #expect(try miniature.steered(edit).logits(question()).bits != miniature.model.logits(question()).bits)
    let board = NoticeBoard()
    let dead = Intervention(try SitePattern("vision.layers[3].output"), on: .image, Replace.zero)
    #expect(
      try miniature.steered(dead, board: board).logits(question()).bits == miniature.model.logits(question()).bits)
    #expect(board.notices.first?.message.contains("read by nothing") == true)
  }

  @Test func oneOfTwoImagesIsEdited() throws {
    let prompt = try miniature.prompt("what color is the object ?", images: [3, 7])
    let embeddings = Site(.decoder, .embeddings)
    let before = try SteeredModel(miniature.model).trace(prompt, at: SitePattern([embeddings])).tensor(embeddings)
    // At the projector, in the tower and in the tower's attention: the same image each time, and only its tokens.
    for path in ["projector.output", "vision.layers[1].output", "vision.layers[2].attention.weights"] {
      let edit = Intervention(try SitePattern(path), on: .imageNumber(1), Scale(.number(0.5)))
      let after = try miniature.steered(edit).trace(prompt, at: SitePattern([embeddings])).tensor(embeddings)
      let changed = try (0..<prompt.ids.count).filter { position in
        try after.select("token", .index(position)).bits != before.select("token", .index(position)).bits
      }
      #expect(changed == Array(prompt.context.images[1].positions), "\(path)")
    }
  }

  @Test func anEditThatBlowsUpNamesItsPlace() throws {
    let wild = Intervention(try SitePattern("layers[1].output"), on: .word("color"), Scale(.number(.infinity)))
    #expect { _ = try miniature.steered(wild).logits(question()) } throws: {
      let message = "\($0)"
      return message.contains("scale(inf)") && message.contains("layers[1].output") && message.contains("position 20")
    }
  }

  @Test func aSavedInterventionOfAnotherModelIsRefused() throws {
    let foreign = try mores.bind(
      SiteCatalog(miniature.model.configuration), fingerprint: fingerprint("llava 6×96/1/2"), key: testKey)
    #expect { _ = try miniature.steered(foreign) } throws: { "\($0)".contains("made for another model") }
  }
}
