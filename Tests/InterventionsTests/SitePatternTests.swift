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

  private static let miniature = Result { SiteCatalog(try Miniature().model.configuration) }

  @Test(arguments: [
    ("layers[*].attention.query.weight", 6, "layers[0].attention.query.weight"),
    ("layers[1..2].mlp.down.weight", 2, "layers[1].mlp.down.weight"),
    ("layers[*].linears", 42, "layers[0].attention.query.weight"),
    ("layers[0].attention.linears", 4, "layers[0].attention.query.weight"),
    ("layers[*].mlp.linears", 18, "layers[0].mlp.gate.weight"),
    ("decoder.linears", 42, "layers[0].attention.query.weight"),
    ("decoder.parameters", 6 * 9 + 3, "embeddings.weight"), ("projector.linears", 2, "projector.hidden.weight"),
    ("projector.parameters", 4, "projector.hidden.weight"),
    ("vision.linears", 24, "vision.layers[0].attention.query.weight"),
    ("vision.layers[0..1].parameters", 32, "vision.layers[0].attention.norm.weight"),
    ("vision.parameters", 4 * 16 + 5, "vision.embeddings.class.weight"),
    ("vision.embeddings.parameters", 3, "vision.embeddings.class.weight"),
    ("logits.weight + embeddings.weight", 2, "embeddings.weight"),
    ("layers[0].attention.query.parameters", 1, "layers[0].attention.query.weight"),
    ("layers[0].linears + layers[0].attention.linears", 7, "layers[0].attention.query.weight"),
  ])
  func findsWeights(_ source: String, _ count: Int, _ first: String) throws {
    let pattern = try SitePattern(source)
    let sites = try pattern.sites(in: try Self.miniature.get())
    #expect(sites.count == count && sites.first?.path == first)
    #expect(pattern.namesWeights && sites.allSatisfy(\.point.isWeight))
    #expect(try SitePattern(pattern.description) == pattern)
  }

  @Test(arguments: [
    ("layers[0].attention.quer.weight", "`query` (did you mean it?)"),
    ("layers[0].mlp.down.bias", "`bias` is not there; it has weight"),
    ("layers[0].attention.norm", "stops above a site"),
    ("linears", "it does not say of what; it has .vision.linears, .projector.linears, .decoder.linears"),
    ("layers.linears", "needs an index"), ("layers[9].linears", "no layer 9"),
    ("embeddings.linears", "nothing of that kind"), ("layers[0].linears.weight", "`linears` is not there"),
    ("layers[0].attentoin.linears", "did you mean it?"),
  ])
  func weightsThatAreNotThere(_ source: String, _ words: String) throws {
    let catalog = try Self.miniature.get()
    let error = try #require(throws: InterventionError.self) { try SitePattern(source).sites(in: catalog) }
    #expect("\(error)".contains(words), "\(error)")
  }

  @Test func weightsAreATreeOfTheirOwn() throws {
    let tree = SiteTree(try Self.miniature.get(), .weights).description
    let decoder = try #require(tree.range(of: "\nembeddings.weight"))
    #expect(
      tree[decoder.lowerBound...].dropFirst() == """
        embeddings.weight     [vocab 162, model 96]
        layers[0..5]
          attention
            norm.weight       [model 96]
            query.weight      [output 96, input 96]
            key.weight        [output 96, input 96]
            value.weight      [output 96, input 96]
            output.weight     [output 96, input 96]
          mlp
            norm.weight       [model 96]
            gate.weight       [output 256, input 96]
            up.weight         [output 256, input 96]
            down.weight       [output 96, input 256]
        norm.weight           [model 96]
        logits.weight         [vocab 162, model 96]
        """)
    let catalog = try Self.miniature.get()
    #expect(SiteTree(catalog).lines.allSatisfy { !$0.path.hasSuffix("weight") })
    let shapes = catalog.weights.filter { !$0.shapeText.isEmpty }.count
    #expect(shapes == catalog.weights.count && catalog.weights.compactMap(\.count).reduce(0, +) == 1_106_464)
  }
}
