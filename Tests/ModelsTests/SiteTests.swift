import Models
import Tensors
import Testing

/// What the sites promise: each is there, has its shape, and looking changes nothing.
@Suite struct SiteTests {
  @Test func everySiteIsVisitedOnceInOrderWithItsAxes() throws {
    let tiny = try TinyPrompts()
    let (configuration, images) = (tiny.model.configuration, tiny.all.map(\.images.count))
    let vision = try #require(configuration.vision)
    for sample in tiny.all.indices {
      let recorder = Recorder(configuration.sites, sample: sample)
      try tiny.model.forward(tiny.all, listener: recorder)
      #expect(recorder.order == configuration.sites)
      for site in configuration.sites {
        let seen = try #require(recorder.seen[site]?.first)
        let perImage = site.stack == .vision ? vision.leadingRows + vision.patches : vision.featureRows
        let rows = site.stack == .decoder ? tiny.all[sample].ids.count : images[sample] * perImage
        let expected = configuration.axes(of: site).map { Axis($0.name, $0.size ?? rows) }
        #expect(seen.shape == Shape(expected), "\(site.path)")
        #expect(recorder.positions[site] == [0..<rows], "\(site.path)")
        #expect(seen.floats.allSatisfy { !$0.isNaN }, "\(site.path)")
      }
    }
  }

  @Test func axesAreThoseOfTheConfiguration() throws {
    let configuration = try Model.inspect(TestModels.minivlmSource).configuration
    func axes(_ path: String) -> String {
      configuration.sites.filter { $0.path == path }.flatMap(configuration.axes)
        .map { "\($0.name) \($0.size.map(String.init) ?? "?")" }.joined(separator: ", ")
    }
    #expect(axes("layers[5].attention.weights") == "head 4, query ?, key ?")
    #expect(axes("layers[0].attention.key") == "head 4, token ?, feature 24")
    #expect(axes("layers[0].mlp.hidden") == "token ?, hidden 256")
    #expect(axes("vision.layers[3].output") == "token ?, model 96")
    #expect(axes("projector.hidden") == "token ?, hidden 96")
    #expect(axes("logits") == "token ?, vocab 162")
    #expect(axes("layers[6].output") == "")
    #expect(configuration.sites.count == (4 + 6) * 12 + 7)
  }

  @Test func lookingChangesNothing() throws {
    let tiny = try TinyPrompts()
    let recorder = Recorder(tiny.model.configuration.sites)
    for prompt in tiny.all {
      let plain = try tiny.model.logits(prompt)
      #expect(try tiny.model.logits(prompt, listener: recorder).bits == plain.bits)
    }
    var options = GenerationOptions()
    options.maximumTokens = 12
    options.temperature = 1
    options.keepsLogProbabilities = true
    let plain = try tiny.model.generate(tiny.all, options: options)
    #expect(try tiny.model.generate(tiny.all, options: options, listener: recorder) == plain)
  }

  @Test func decodingShowsNewPositionsOnly() throws {
    let tiny = try TinyPrompts()
    let weights = Site(.decoder, layer: 1, .weights)
    let recorder = Recorder([weights, Site(.decoder, .embeddings), Site(.vision, .embeddings)])
    var options = GenerationOptions()
    options.maximumTokens = 4
    let answer = try #require(try tiny.model.generate([tiny.one], options: options, listener: recorder).first)
    try #require(answer.ids.count == 4)
    let count = tiny.one.ids.count
    let positions = [0..<count, count..<count + 1, count + 1..<count + 2, count + 2..<count + 3]
    #expect(recorder.positions[weights] == positions)
    #expect(recorder.seen[weights]?.map(\.shape.sizes) == positions.map { [3, $0.count, $0.upperBound] })
    #expect(recorder.positions[Site(.vision, .embeddings)]?.count == 1)
    let context = try #require(recorder.contexts.last)
    #expect(context.tokens.map(\.id) == tiny.one.ids + answer.ids.dropLast())
    #expect(context.tokens.suffix(3).allSatisfy { $0.role == .generated })
    #expect(context.promptCount == count)
  }

  @Test func layersAfterTheFeaturesReachNothing() throws {
    let model = try TestModels.minivlm()
    let pixels = Tensor(Shape([Axis("channel", 3), Axis("row", 48), Axis("column", 48)])) { out in
      for index in out.indices { out[index] = Float(index % 13) / 7 - 1 }
    }
    let prompt = try model.blueprint.prompt(images: [TestModels.prepared(pixels)], text: "describe the image .")
    let plain = try model.logits(prompt)
    for site in model.configuration.sites where site.stack == .vision && site.point == .output {
      let listener = Recorder([site]) { try #require($0.rows(0)).base[100] += 100 }
      let isSame = try model.logits(prompt, listener: listener).bits == plain.bits
      #expect(listener.order == [site])
      #expect(isSame != model.configuration.reachesLogits(site), "\(site.path)")
    }
    #expect(model.configuration.reachesLogits(Site(.vision, layer: 2, .output)))
    #expect(!model.configuration.reachesLogits(Site(.vision, layer: 3, .input)))
    #expect(model.configuration.reachesLogits(Site(.decoder, layer: 5, .query)))
  }

  @Test func unknownSitesAreRefused() throws {
    let tiny = try TinyPrompts()
    let missing = Site(.decoder, layer: 3, .output)
    #expect(throws: ModelError.noSuchSite(missing)) {
      try tiny.model.forward([tiny.one], listener: Recorder([missing]))
    }
    let text = try TestModels.tiny("tinyllama")
    let prompt = try text.blueprint.prompt(ids: [1, 2])
    #expect(throws: ModelError.noSuchSite(Site(.projector, .output))) {
      try text.forward([prompt], listener: Recorder([Site(.projector, .output)]))
    }
  }
}
