import Checkpoints
import Models
import Tensors
import TestSupport
import Testing

/// Everything transformers computes in f32, site by site. The bound is the issue's: 1e-4 absolute, which leaves room
/// only for another order of summation.
@Suite struct ParityTests {
  /// Compares every site that the fixture has below `prefix`.
  private func compare(_ model: Model, _ prompt: Prompt, _ fixture: Safetensors, prefix: String = "") throws {
    let sites = Dictionary(uniqueKeysWithValues: model.configuration.sites.map { ($0.path, $0) })
    let paths = fixture.entries.map(\.name).filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    let recorder = Recorder(paths.compactMap { sites[$0] })
    #expect(recorder.sites.count > 0)
    try model.forward([prompt], listener: recorder)
    for path in paths {
      guard let site = sites[path] else { continue }
      let seen = try #require(recorder.seen[site]?.first)
      let expected = try fixture.entry(named: prefix + path)
      #expect(seen.shape.sizes == expected.shape, "\(path)")
      let error = difference(seen.floats, try fixture.floats(prefix + path))
      #expect(error < 1e-4, "\(path) differs by \(error)")
    }
  }

  @Test func tinyLlava() throws {
    let (model, fixture) = (try TestModels.tiny("tinyllava"), try TestModels.parity("tinyllava"))
    let pixels = try fixture.tensor(named: "pixels", axes: ["channel", "row", "column"])
    let prompt = try model.blueprint.prompt(ids: fixture.integers("ids"), images: [TestModels.prepared(pixels)])
    try compare(model, prompt, fixture)
  }

  @Test func tinyLlama() throws {
    let (model, fixture) = (try TestModels.tiny("tinyllama"), try TestModels.parity("tinyllama"))
    try compare(model, model.blueprint.prompt(ids: fixture.integers("ids")), fixture)
  }

  @Test(arguments: 0..<4) func minivlm(_ index: Int) throws {
    let (model, fixture) = (try TestModels.minivlm(), try TestModels.parity("minivlm"))
    // The second prompt is text alone; the images are numbered without it.
    let scene = index == 0 ? 0 : index - 1
    let images = index == 1 ? [] : [try Image(path: TestSupport.fixture("minivlm/scene\(scene).png").path)]
    let text = String(try #require(fixture.metadata["texts"]).split(separator: "\n")[index])
    let prompt = try model.blueprint.prompt(images: images, text: text)
    #expect(try prompt.ids == fixture.integers("\(index)/ids"))
    try compare(model, prompt, fixture, prefix: "\(index)/")
  }

  /// 200 questions about 40 scenes, answered greedily in batches as a user would.
  @Test func greedyAnswers() throws {
    let model = try TestModels.minivlm()
    let questions = try SceneQuestion.all()
    #expect(questions.count == 200)
    var options = GenerationOptions()
    options.maximumTokens = 24
    for start in stride(from: 0, to: questions.count, by: 25) {
      let batch = questions[start..<start + 25]
      let answers = try model.generate(batch.map { try $0.prompt(model) }, options: options)
      for (question, answer) in zip(batch, answers) { #expect(answer.ids == question.answer, "\(question.text)") }
    }
  }
}
