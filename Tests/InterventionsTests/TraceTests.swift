import Models
import Tensors
import Testing

@testable import Interventions

/// Traces, streamed measurements and what is read from them, on the embedded model.
struct TraceTests {
  private let miniature: Miniature
  private let plain: SteeredModel
  private let weights: SitePattern

  init() throws {
    miniature = try Miniature()
    plain = try SteeredModel(miniature.model)
    weights = try SitePattern("layers[*].attention.weights")
  }

  private func question() throws -> Prompt { try miniature.prompt("what color is the object ?", image: 3) }

  @Test func aTraceIsWhatThePassComputes() throws {
    let prompt = try question()
    let trace = try plain.trace(prompt, at: SitePattern("logits + layers[2].output + vision.layers[0].output"))
    #expect(trace.sites.map(\.path) == ["vision.layers[0].output", "layers[2].output", "logits"])
    #expect(try trace.tensor(Site(.decoder, .logits)).bits == miniature.model.logits(prompt).bits)
    #expect(try trace.tensor(SitePattern("vision.layers[0].output")).shape.sizes == [17, 96])
    #expect(trace.generated.isEmpty && trace.text.isEmpty)
    #expect { _ = try trace.tensor(SitePattern("layers[3].output")) } throws: {
      "\($0)".contains("was not captured; it has .vision.layers[0].output")
    }
    #expect { _ = try trace.tensor(SitePattern("layers[2].output + logits")) } throws: {
      "\($0)".contains("several points")
    }
  }

  @Test func layersStackAndKnowTheirNumbers() throws {
    let trace = try plain.trace(question(), at: SitePattern("layers[1, 4].output"))
    let stacked = try trace.tensor(SitePattern("layers[1, 4].output"))
    #expect(stacked.shape.names == ["layer", "token", "model"])
    #expect((stacked.axes[0].labels as? LayerLabels)?.layers == [1, 4])
    let second = try stacked.select("layer", .index(1))
    #expect(try second.bits == trace.tensor(SitePattern("layers[4].output")).bits)
    // A direction with that axis finds its layer by the label.
    let last = try stacked.select("token", .index(-1))
    let steered = try miniature.steered(
      Intervention(SitePattern("layers[4].output"), on: .last, Replace.patch(last)))
    let again = try steered.trace(question(), at: SitePattern("layers[4].output"))
    #expect(try again.tensor(SitePattern("layers[4].output")).bits == second.bits)
  }

  @Test func generatedStepsJoinThePrefill() throws {
    let prompt = try miniature.prompt("describe the image .", image: 9)
    let trace = try plain.trace(prompt, at: weights, generate: 4)
    var options = GenerationOptions()
    options.maximumTokens = 4
    let answer = try #require(try plain.generate([prompt], options: options).first)
    #expect(trace.generated == answer.ids)
    #expect(trace.text == answer.text)
    let attention = try trace.tensor(weights)
    let length = prompt.ids.count + 4
    #expect(attention.shape.sizes == [6, 4, length, length])
    let queries = try #require(attention.axes.first { $0.name == "query" })
    #expect(try queries.indices(of: .generated) == Array(prompt.ids.count..<length))
    // Rows are distributions over the keys up to their own position; later keys are zero.
    let sums = try attention.sum(over: ["key"]).floats()
    #expect(sums.allSatisfy { abs($0 - 1) < 1e-5 })
    attention.withFloats { values in
      for query in 0..<length {
        for key in query + 1..<max(length, query + 1) { #expect(values[query * length + key] == 0) }
      }
    }
  }

  @Test func anEndTokenHasNoActivation() throws {
    let prompt = try question()
    let trace = try plain.trace(prompt, at: SitePattern("layers[0].output"), generate: 5)
    // One word and the end token, which is never fed back.
    #expect(trace.generated.count == 2)
    let output = try trace.tensor(SitePattern("layers[0].output"))
    #expect(output.axes[0].size == prompt.ids.count + 1)
    #expect(try output.axes[0].indices(of: .generated) == [prompt.ids.count])
  }

  @Test func measuringKeepsOnlyWhatIsReduced() throws {
    let prompts = [try question(), try miniature.prompt("describe the image .", image: 9)]
    let image: (Tensor) throws -> Tensor = { attention in
      let keys = try attention.axes[2].indices(of: .image)
      return try attention.select("key", .list(keys)).mean(over: ["head", "query", "key"])
    }
    let measured = try plain.measure(prompts, at: weights, reduce: image)
    #expect(measured.shape.names == ["sample", "layer"])
    #expect(measured.shape.sizes == [2, 6])
    for (index, prompt) in prompts.enumerated() {
      let trace = try plain.trace(prompt, at: weights)
      for site in trace.sites {
        let expected = try image(trace.tensor(site)).item()
        let found = try measured.select("sample", .index(index)).select("layer", .index(site.layer ?? 0)).item()
        #expect(found == expected)
      }
    }
    #expect { _ = try plain.measure(prompts, at: weights) { $0 } } throws: { "\($0)".contains("reduce over the axes") }
    #expect { _ = try plain.measure([Prompt](), at: weights) { $0 } } throws: { "\($0)".contains("no prompts") }
    let text = try miniature.prompt("what is three plus four ?")
    #expect { _ = try plain.measure([text], at: SitePattern("projector.output")) { $0 } } throws: {
      "\($0)".contains("does not reach `projector.output`")
    }
  }

  @Test func attentionSharesAddUpToOne() throws {
    let trace = try plain.trace(question(), at: weights, generate: 3)
    let shares = try trace.attentionShares()
    #expect(shares.layers == [0, 1, 2, 3, 4, 5])
    for layer in shares.layers {
      #expect(abs(shares.image[layer] + shares.text[layer] + shares.generated[layer] - 1) < 1e-5)
    }
    #expect(shares.image.contains { $0 > 0.1 })
    let silent = try plain.trace(question(), at: weights)
    #expect { _ = try silent.attentionShares() } throws: { "\($0)".contains("generate some") }
    #expect(try silent.attentionShares(queries: .last).generated == [0, 0, 0, 0, 0, 0])
  }

  @Test func theLensAtTheEndIsTheModel() throws {
    let prompt = try question()
    let pattern = try SitePattern("layers[*].output")
    let trace = try plain.trace(prompt, at: pattern)
    let lens = try LogitLens(trace, at: pattern, model: miniature.model)
    #expect(lens.probabilities.shape.names == ["layer", "token", "vocab"])
    let last = try lens.probabilities.select("layer", .index(-1)).select("token", .index(-1))
    let model = try miniature.model.logits(prompt).select("token", .index(-1)).softmax(over: "vocab")
    #expect(last.bits == model.bits)
    #expect(try lens.probabilities.select("layer", .index(0)).floats() != last.floats())
    #expect { _ = try miniature.model.unembed(Tensor([Axis("model", 5)], noise(5, 1))) } throws: {
      "\($0)".contains("96")
    }
  }

  @Test func patchingEveryTokenOfALayerGivesTheOtherAnswer() throws {
    let here = try miniature.prompt("what color is the object ?", image: 3)
    let there = try miniature.prompt("what color is the object ?", image: 7)
    let source = try plain.trace(there, at: SitePattern("layers[1].output"))
    let patched = try plain.with(source.patch(SitePattern("layers[1].output"), from: .all), key: testKey)
    #expect(try patched.logits(here).bits == miniature.model.logits(there).bits)
    // Only the last token, only at the last layer: its logits are the other run's.
    let last = try plain.trace(there, at: SitePattern("layers[5].output"))
    let logits = try plain.with(last.patch(SitePattern("layers[5].output"), from: .last), key: testKey).logits(here)
    let rows = try [logits, miniature.model.logits(there)].map { try $0.select("token", .index(-1)).bits }
    #expect(rows[0] == rows[1])
    #expect { _ = try source.patch(SitePattern("layers[1].output"), from: .word("cat")) } throws: {
      "\($0)".contains("names no token")
    }
  }

  @Test func directionsTellSetsApart() throws {
    let colors = try (0..<4).map { try miniature.prompt("what color is the object ?", image: $0) }
    let counts = try (0..<4).map { try miniature.prompt("how many objects are there ?", image: $0) }
    let site = try SitePattern("layers[3].output")
    let a = try plain.activations(colors, at: site)
    let b = try plain.activations(counts, at: site)
    #expect(a.shape.names == ["sample", "model"])
    let mean = try Directions.meanDifference(a, b)
    let principal = try Directions.principal(a, b)
    #expect(abs(try principal.norm().item() - 1) < 1e-5)
    // Four differences that are much alike: their first component points along their mean.
    #expect(try mean.cosineSimilarity(principal, over: "model").item() > 0.9)
    // On the way along the difference, the activations of the one set lie above those of the other.
    let (above, below) = (try a.contract(mean).floats(), try b.contract(mean).floats())
    #expect((above.min() ?? 0) > (below.max() ?? 0))
  }

  @Test func editsWithoutEffectAreNoticed() throws {
    let board = NoticeBoard()
    let word = Intervention(try SitePattern("layers[5].output"), on: .word("color"), Replace.zero)
    let projector = Intervention(try SitePattern("projector.output"), on: .image, Replace.zero)
    let steered = try miniature.steered(word, projector, board: board)
    _ = try steered.logits(question())
    #expect(board.notices.map(\.level) == [.warning])
    #expect(board.notices.first?.message.contains("does not act at the last prompt token") == true)
    _ = try steered.logits(miniature.prompt("what color is the sky ?"))
    #expect(board.notices.last?.level == .info)
    #expect(board.notices.count == 2)
  }

  @Test func interventionsCompareByWhatTheyCarry() throws {
    let edit = try Intervention(SitePattern("layers[1].output"), on: .image, LowRankEdit(.mores, rank: 1))
    let catalog = SiteCatalog(miniature.model.configuration)
    let one = try edit.bind(catalog, fingerprint: miniature.model.fingerprint, key: testKey)
    let same = try edit.bind(catalog, fingerprint: miniature.model.fingerprint, key: testKey)
    let other = try edit.bind(catalog, fingerprint: miniature.model.fingerprint, key: otherKey)
    #expect(one == same)
    #expect(one != other)
    #expect(one != edit)
    #expect(one.description == other.description)
  }
}
