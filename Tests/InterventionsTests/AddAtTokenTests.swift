import Autodiff
import Models
import Tensors
import Testing

@testable import Interventions

/// `add(g, at: …)`: g is computed once, at one token of the prompt, and added everywhere that is selected.
struct AddAtTokenTests {
  private let layer = Site(.decoder, layer: 1, .output)

  private func adding(
    _ tokens: TokenSelector, at reference: TokenSelector?, strength: Strength = .number(0.5),
    sites: String = "layers[1].output", _ g: @escaping (Variable) throws -> Variable = { try $0 * $0 }
  ) throws -> Intervention {
    Intervention(try SitePattern(sites), on: tokens, Add(source: "g", strength: strength, at: reference, g))
  }

  /// What one pass over these positions makes of the context's activation.
  private func rows(
    _ intervention: Intervention, in context: TokenContext = sampleContext(), values: [Float]? = nil
  ) throws -> [[Float]] {
    try apply(intervention, at: layer, context: context, values: values).rowsOf(width: 8)
  }

  // MARK: What is added

  @Test(arguments: [TokenSelector.last, .word("sat"), .image[3]])
  func everySelectedRowGetsWhatTheTokenGives(_ reference: TokenSelector) throws {
    let context = sampleContext()
    let position = try #require(reference.resolve(in: context).first)
    let before = stride(from: 0, to: 28 * 8, by: 8).map { Array(noise(28 * 8, 1)[$0..<$0 + 8]) }
    let after = try rows(adding(.text + .image.first(2), at: reference))
    let selected = Set(try (.text + .image.first(2) as TokenSelector).resolve(in: context))
    for row in 0..<28 {
      let expected =
        selected.contains(row) ? zip(before[row], before[position]).map { $0 + 0.5 * ($1 * $1) } : before[row]
      #expect(zip(after[row], expected).allSatisfy { abs($0 - $1) < 1e-6 }, "row \(row)")
      if !selected.contains(row) { #expect(after[row] == before[row]) }
    }
  }

  @Test func theTokenIsReadBeforeTheEditAndAfterEarlierOnes() throws {
    // The last token is edited too; the others still get what it was.
    let all = try rows(adding(.all, at: .last))
    let some = try rows(adding(.text, at: .last))
    #expect(all[20] == some[20])
    let double = Intervention(try SitePattern("layers[1].output"), on: .last, Scale(.number(2)))
    let before = noise(28 * 8, 1)
    let later = try rows(double + adding(.text, at: .last))
    let expected = (0..<8).map { column -> Float in
      let last = 2 * before[27 * 8 + column]
      return before[20 * 8 + column] + 0.5 * (last * last)
    }
    #expect(later[20] == expected)
  }

  @Test func sitesWithHeadsAreReadHeadByHead() throws {
    let miniature = try Miniature()
    let prompt = try miniature.prompt("what color is the object ?", image: 3)
    let site = try #require(
      try SitePattern("layers[2].attention.mixed").sites(in: SiteCatalog(miniature.model.configuration)).first)
    let edit = try adding(.text, at: .last, sites: "layers[2].attention.mixed") { $0.tanh() }
    let before = try SteeredModel(miniature.model).trace(prompt, at: SitePattern([site])).tensor(site)
    let after = try miniature.steered(edit).trace(prompt, at: SitePattern([site])).tensor(site)
    let token = try #require(TokenSelector.text.resolve(in: prompt.context).first)
    let last = try before.select("token", .index(prompt.ids.count - 1))
    let expected = try before.select("token", .index(token)).adding(last.tanh().scaled(by: 0.5))
    #expect(try after.select("token", .index(token)).bits == expected.bits)
  }

  // MARK: Runs

  @Test(arguments: [".all + .generated", ".generated", ".last + .generated.first(2)"])
  func cachedGenerationIsRecomputation(_ tokens: String) throws {
    let miniature = try Miniature()
    let edit = try adding(
      TokenSelector(tokens), at: .last, strength: .number(3), sites: "layers[2].output + layers[3].output"
    ) { $0.tanh() }
    for intervention in [edit, 0.5 * edit] {
      let steered = try miniature.steered(intervention)
      let prompt = try miniature.prompt("describe the image .", image: 9)
      let sites = try SitePattern("layers[*].output")
      let trace = try steered.trace(prompt, at: sites, generate: 5)
      #expect(try trace.tensor(sites).axes[1].size == prompt.ids.count + 5)
      let whole = Prompt(ids: prompt.ids + trace.generated, context: trace.context, images: prompt.images)
      #expect(try steered.trace(whole, at: sites).tensor(sites).bits == trace.tensor(sites).bits)
      // Generated tokens get what the prompt's last token gives, not what they give themselves.
      let each = try miniature.steered(
        Intervention(
          try SitePattern("layers[2].output + layers[3].output"), on: TokenSelector(tokens),
          Add(source: "g", strength: .number(3)) { $0.tanh() }))
      #expect(try each.trace(whole, at: sites).tensor(sites).bits != trace.tensor(sites).bits)
    }
  }

  @Test func itIsComputedOnceInARunOfEachSample() throws {
    let miniature = try Miniature()
    var seen: [Shape] = []
    let edit = try adding(.all + .generated, at: .last, strength: .number(40), sites: "layers[2].output") { hidden in
      seen.append(hidden.shape)
      return hidden.tanh()
    }
    let steered = try miniature.steered(edit)
    let prompts = [
      try miniature.prompt("describe the image .", image: 9), try miniature.prompt("what is three plus four ?"),
    ]
    var options = GenerationOptions()
    options.maximumTokens = 5
    let together = try steered.generate(prompts, options: options)
    #expect(seen == Array(repeating: Shape([Axis("token", 1), Axis("model", 96)]), count: 2))
    let alone = try prompts.map { try steered.generate([$0], options: options)[0] }
    #expect(together == alone)
    let plain = try SteeredModel(miniature.model).generate(prompts, options: options)
    #expect(together != plain)
  }

  @Test func sharedPrefixesChangeNoBit() throws {
    let miniature = try Miniature()
    let store = PrefixStore()
    let prompt = try miniature.prompt("describe the image .", image: 9)
    for tokens in [TokenSelector.generated, .last + .generated, .image + .generated] {
      let steered = try miniature.steered(
        adding(tokens, at: .last, strength: .number(8), sites: "layers[4].output") { $0.tanh() })
      let own = try steered.generate([prompt])
      #expect(try steered.generate([prompt], prefixes: store) == own)
      #expect(try steered.generate([prompt], prefixes: store) == own)
    }
    #expect(store.statistics.reused > 0)
  }

  @Test func noStrengthIsNoChangeAndNoCall() throws {
    let miniature = try Miniature()
    let prompt = try miniature.prompt("describe the image .", image: 9)
    let none = try adding(.all, at: .last, strength: .function(source: "fn p -> 0") { _ in 0 }) { hidden in
      Issue.record("it is called")
      return hidden
    }
    #expect(try miniature.steered(none).logits(prompt).bits == miniature.model.logits(prompt).bits)
  }

  // MARK: What is refused

  @Test func oneTokenIsNeeded() throws {
    #expect { _ = try rows(adding(.text, at: .image)) } throws: {
      "\($0)".contains("refers to one token, and `.image` names 16 in sample 0; choose one, for instance `.last`")
    }
    #expect { _ = try rows(adding(.text, at: .word("dog"))) } throws: { "\($0)".contains("names none in sample 0") }
    // A sample in which nothing is selected needs no such token.
    let text = sampleContext(image: false)
    let values = noise(text.promptCount * 8, 1)
    #expect(try rows(adding(.image, at: .image[0]), in: text, values: values).flatMap { $0 } == values)
  }

  @Test func placesWithoutSuchATokenAreFoundWhenBinding() throws {
    func message(_ sites: String, _ tokens: TokenSelector, at reference: TokenSelector) -> String {
      do {
        _ = try adding(tokens, at: reference, sites: sites)
          .bind(sampleCatalog(), fingerprint: testFingerprint, key: testKey)
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    #expect(message("layers[1].output", .all, at: .generated).contains("names generated tokens, `.generated`"))
    #expect(message("vision.layers[0].output", .all, at: .last).contains("`.last` cannot select tokens at `vision`"))
    #expect(message("vision.layers[0].output", .all, at: .cls) == "no error")
    #expect(message("layers[1].attention.weights", .all, at: .last).contains("have no fixed width"))
  }
}
