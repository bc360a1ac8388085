import Checkpoints
import Models
import Tensors
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
    let prompt = try model.blueprint.prompt(ids: fixture.integers("ids"), images: [PreparedImage(pixels: pixels)])
    try compare(model, prompt, fixture)
  }

  @Test func tinyLlama() throws {
    let (model, fixture) = (try TestModels.tiny("tinyllama"), try TestModels.parity("tinyllama"))
    try compare(model, model.blueprint.prompt(ids: fixture.integers("ids")), fixture)
  }

  @Test func minivlmText() throws {
    let (model, fixture) = (try TestModels.minivlm(), try TestModels.parity("minivlm"))
    let text = try #require(fixture.metadata["text1"])
    let prompt = try model.blueprint.prompt(text: text)
    #expect(try prompt.ids == fixture.integers("1/ids"))
    try compare(model, prompt, fixture, prefix: "1/")
  }
}
