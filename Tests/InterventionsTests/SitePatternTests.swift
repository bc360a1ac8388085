import Models
import Testing

@testable import Interventions

struct SitePatternTests {
  @Test(arguments: [
    ("layers[*].output", ["layers[0].output", "layers[1].output", "layers[2].output"]),
    (".layers[1..2].output", ["layers[1].output", "layers[2].output"]),
    (".decoder.layers[1..<2].output", ["layers[1].output"]),
    ("layers[0..2 by 2].attention.weights", ["layers[0].attention.weights", "layers[2].attention.weights"]),
    ("layers[-1].mlp.output", ["layers[2].mlp.output"]),
    ("layers[2, 0].output", ["layers[0].output", "layers[2].output"]),
    ("vision.layers[0].output", ["vision.layers[0].output"]),
    // In forward order, each once, however it is written.
    (
      "logits + projector.output + layers[0].input + layers[0].input",
      ["projector.output", "layers[0].input", "logits"]
    ),
  ])
  func findsSites(_ source: String, _ paths: [String]) throws {
    #expect(try SitePattern(source).sites(in: sampleCatalog()).map(\.path) == paths)
  }

  @Test(arguments: [
    ".layers[1..4].output", ".vision.layers[*].output + .projector.output", ".layers[0..4 by 2].attention.weights",
    ".layers[0, 3..5, -1].mlp.output", ".logits",
  ])
  func printsAsItsSource(_ source: String) throws {
    let pattern = try SitePattern(source)
    #expect(pattern.description == source)
    #expect(try SitePattern(pattern.description) == pattern)
  }

  @Test func isMadeFromEvaluatedSteps() throws {
    let pattern = try SitePattern([PathStep("layers", .index([.range(IndexRange(1, 2))])), PathStep("output")])
    #expect(try pattern == SitePattern("layers[1..2].output"))
    #expect(SitePattern([Site(.vision, layer: 1, .weights)]).description == ".vision.layers[1].attention.weights")
  }

  @Test(arguments: [
    ("layers[1].ouput", "`output` (did you mean it?)"), ("layer[1].output", "layers"),
    ("layers[3].output", "there is no layer 3; it has layers 0 to 2 in the decoder"),
    ("layers[0..7].output", "no layer 7"), ("vision.layers[2].output", "layers 0 to 1 in the vision"),
    ("layers.output", "needs an index"), ("layers[1].attention", "stops above a site; it has weights, mixed, output"),
    ("layers[2..1].output", "range of layers is empty"), ("projector[0].output", "no index"),
    ("layers[1].output.norm", "nothing lies below `output`"), ("layers(1).output", "not called"),
    ("", "name is expected"), ("[1]", "follows a name"),
  ])
  func whatMatchesNothingIsAnError(_ source: String, _ words: String) {
    #expect { _ = try SitePattern(source).sites(in: sampleCatalog()) } throws: { "\($0)".contains(words) }
  }

  @Test func listsTheTree() {
    let tree = SiteTree(sampleCatalog())
    #expect(
      tree.description == """
        vision
          embeddings    [token, model 8]
          layers[0..1]
            input       [token, model 8]
            attention
              weights   [head 2, query, key]
              mixed     [head 2, token, feature 4]
              output    [token, model 8]
            mlp
              output    [token, model 8]
            output      [token, model 8]
        projector
          output        [token, model 8]
        embeddings      [token, model 8]
        layers[0..2]
          input         [token, model 8]
          attention
            weights     [head 2, query, key]
            mixed       [head 2, token, feature 4]
            output      [token, model 8]
          mlp
            output      [token, model 8]
          output        [token, model 8]
        norm            [token, model 8]
        logits          [token, vocab 20]
        """)
    #expect(tree.lines.first { $0.name == "weights" }?.path == ".vision.layers[0..1].attention.weights")
    #expect(tree.lines.first { $0.name == "weights" }?.count == 2)
  }

  @Test func knowsWhereEditsReachNoLaterToken() {
    let catalog = sampleCatalog()
    #expect(catalog.isPastLastMixing(Site(.decoder, layer: 2, .output)))
    #expect(!catalog.isPastLastMixing(Site(.decoder, layer: 2, .input)))
    #expect(!catalog.isPastLastMixing(Site(.decoder, layer: 1, .output)))
    #expect(!catalog.isPastLastMixing(Site(.vision, layer: 1, .output)))
  }
}
