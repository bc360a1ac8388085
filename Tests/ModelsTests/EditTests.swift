import Models
import Tensors
import Testing

/// Edits at every site take effect, and only edits do.
@Suite struct EditTests {
  private func edited(_ tensor: Tensor, _ change: (Int, Float) -> Float) -> Tensor {
    Tensor(tensor.shape) { out in
      for (index, value) in tensor.floats.enumerated() { out[index] = change(index, value) }
    }
  }

  @Test func replacingWithItselfLeavesEveryBit() throws {
    let tiny = try TinyPrompts()
    let plain = try tiny.all.map { try tiny.model.logits($0) }
    for site in tiny.model.configuration.sites {
      let listener = Recorder([site]) { activation in
        for sample in 0..<activation.sampleCount { try activation.replace(sample, with: activation.tensor(sample)) }
      }
      for (prompt, logits) in zip(tiny.all, plain) {
        #expect(try tiny.model.logits(prompt, listener: listener).bits == logits.bits, "\(site.path)")
      }
    }
  }

  @Test func everySiteReachesTheLogits() throws {
    let tiny = try TinyPrompts()
    let plain = try tiny.model.logits(tiny.one)
    for site in tiny.model.configuration.sites {
      let listener = Recorder([site]) { activation in
        let change = edited(activation.tensor(0)) { index, value in value + 0.5 * Float(index % 11) }
        try activation.replace(0, with: change)
      }
      let changed = try tiny.model.logits(tiny.one, listener: listener)
      #expect(difference(changed.floats, plain.floats) > 1e-4, "\(site.path)")
      #expect(changed.floats.allSatisfy { $0.isFinite }, "\(site.path)")
    }
  }

  @Test func rowsAreTheActivationItself() throws {
    let tiny = try TinyPrompts()
    let plain = try activations(tiny.model, [tiny.one])
    for site in tiny.model.configuration.sites {
      let isMatrix = tiny.model.configuration.axes(of: site).count == 2
      let listener = Recorder([site]) { activation in
        guard let rows = activation.rows(0) else {
          #expect(!isMatrix, "\(site.path)")
          return
        }
        #expect(isMatrix, "\(site.path)")
        rows.base[(rows.count - 1) * rows.width] += 1
      }
      try tiny.model.forward([tiny.one], listener: listener)
      guard isMatrix, let before = plain[site]?.floats, let after = listener.seen[site]?.first?.floats else { continue }
      let changed = before.indices.filter { before[$0] != after[$0] }
      let width = try #require(tiny.model.configuration.axes(of: site).last?.size)
      #expect(changed == [before.count - width], "\(site.path)")
    }
  }

  /// An edit of the prompt's keys and values lives on in the cache: what is generated after it equals recomputing
  /// everything with the edit.
  @Test func editsLiveOnInTheCache() throws {
    let tiny = try TinyPrompts()
    let prompt = tiny.one
    func edit(_ activation: SiteActivation) throws {
      guard activation.positions(0).lowerBound == 0 else { return }
      let tensor = activation.tensor(0)
      let (tokens, width) = (tensor.shape.sizes[1], tensor.shape.sizes[2])
      try activation.replace(
        0, with: edited(tensor) { index, value in index / width % tokens < 5 ? value + 1 : value })
    }
    let sites = [Site(.decoder, layer: 0, .key), Site(.decoder, layer: 2, .value)]
    var options = GenerationOptions()
    options.maximumTokens = 6
    let logits = Site(.decoder, .logits)
    let cached = Recorder(sites + [logits]) { if $0.site != logits { try edit($0) } }
    let answer = try #require(try tiny.model.generate([prompt], options: options, listener: cached).first)
    let steps = try #require(cached.seen[logits])
    #expect(steps.count == answer.ids.count)
    for (step, seen) in steps.enumerated() {
      let whole = Prompt(ids: prompt.ids + answer.ids.prefix(step), context: prompt.context, images: prompt.images)
      let expected = try tiny.model.logits(whole, listener: Recorder(sites, edit: edit))
      #expect(seen.bits.suffix(47) == expected.bits.suffix(47))
    }
  }

  /// Weights and scores are obeyed even where the mask would have hidden a key.
  @Test func attentionCanBeMadeToLookAhead() throws {
    let tiny = try TinyPrompts()
    let layer = 1
    for (stack, index) in [(Site.Stack.decoder, 0), (.vision, 1)] {
      let (weights, mixed) = (Site(stack, layer: layer, .weights), Site(stack, layer: layer, .mixed))
      let value = Site(stack, layer: layer, .value)
      let uniform = Recorder([value, weights, mixed]) { activation in
        guard activation.site == weights else { return }
        let keys = Float(activation.tensor(0).shape.sizes[2])
        try activation.replace(0, with: edited(activation.tensor(0)) { _, _ in 1 / keys })
      }
      try tiny.model.forward([tiny.all[index]], listener: uniform)
      let values = try #require(uniform.seen[value]?.first)
      let result = try #require(uniform.seen[mixed]?.first)
      let (tokens, size) = (values.shape.sizes[1], values.shape.sizes[2])
      let heads = result.shape.sizes[0]
      for head in 0..<heads {
        let shared = head / (heads / values.shape.sizes[0])
        for feature in 0..<size {
          let column = (0..<tokens).map { values.floats[(shared * tokens + $0) * size + feature] }
          let mean = column.reduce(0, +) / Float(tokens)
          for token in 0..<tokens {
            #expect(abs(result.floats[(head * tokens + token) * size + feature] - mean) < 1e-5)
          }
        }
      }
      // The same through the scores: equal scores everywhere give equal weights.
      let scores = Site(stack, layer: layer, .scores)
      let level = Recorder([scores, mixed]) { activation in
        if activation.site == scores { try activation.replace(0, with: edited(activation.tensor(0)) { _, _ in 0.25 }) }
      }
      try tiny.model.forward([tiny.all[index]], listener: level)
      #expect(difference(try #require(level.seen[mixed]?.first).floats, result.floats) < 1e-5)
    }
  }

  @Test func maskedScoresAreMinusInfinity() throws {
    let tiny = try TinyPrompts()
    let seen = try activations(tiny.model, [tiny.all[1]])
    let scores = try #require(seen[Site(.decoder, layer: 0, .scores)])
    let weights = try #require(seen[Site(.decoder, layer: 0, .weights)])
    let count = scores.shape.sizes[1]
    for index in scores.floats.indices {
      let isMasked = index % count > index / count % count
      #expect((scores.floats[index] == -.infinity) == isMasked)
      #expect((weights.floats[index] == 0) == isMasked)
    }
    // Two images of one sample do not see each other.
    let images = try #require(seen[Site(.vision, layer: 0, .weights)])
    for index in images.floats.indices {
      let (query, key) = (index / 20 % 20, index % 20)
      #expect((images.floats[index] == 0) == (query / 10 != key / 10))
    }
  }

  @Test func replacementsMustFit() throws {
    let tiny = try TinyPrompts()
    let site = Site(.decoder, layer: 0, .output)
    let wrong = Tensor([Axis("token", 2), Axis("model", 42)], [Float](repeating: 0, count: 84))
    #expect(
      throws: ModelError.activationShape(
        site, expected: "f32 [token: 17, model: 42]", found: "f32 [token: 2, model: 42]")
    ) {
      try tiny.model.forward([tiny.one], listener: Recorder([site]) { try $0.replace(0, with: wrong) })
    }
  }
}
