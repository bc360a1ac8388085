import Bindings
import Checkpoints
import Foundation
import Interpreter
import Interventions
import Models
import StandardLibrary
import Tensors
import Testing
import TestSupport

extension SteeringScripts {
  /// The equations of `stdlib/steering.steer` against the Swift operators of the same names, which are held against
  /// torch. A file carries the parameters from one to the other.
  @Suite struct EquationTests {
    @Test(arguments: ["mores", "loreft", "editor", "noreft", "direft", "consreft"])
    func theEquationIsTheOperator(_ name: String) throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          """
          seed 5
          let m = load("minivlm")
          let p = prompt(scenes(seed: 7).first.image, "what color is the object ?")
          let steered = m with .layers[1..4].output on .image + .last => \(name)(rank: 3)
          save(steered, "i.safetensors")
          save(logits(steered, p), "logits.npy")
          save(logits(m, p), "plain.npy")
          save(p.image, "scene.png")
          """)
        let files = Dictionary(uniqueKeysWithValues: EmbeddedFile.files(in: "minivlm").map { ($0.name, $0.bytes) })
        let model = try Model.load(FileSource(name: "minivlm", embedded: files))
        // Without a script's definitions the file's operator is the library's own.
        let steered = try SteeredModel(model).with(Intervention.load("i.safetensors"), key: RandomKey(seed: 0))
        let image = try model.blueprint.prepare(Image(path: "scene.png"))
        let prompt = try model.blueprint.prompt(images: [image], text: "what color is the object ?")
        let own = try steered.logits(prompt).floats()
        let script = try NumPyArray.read(FileBytes(path: "logits.npy")).floats()
        let plain = try NumPyArray.read(FileBytes(path: "plain.npy")).floats()
        #expect(zip(script, plain).contains { abs($0 - $1) > 0.01 })
        // Sums in another order: some units in the last place of numbers up to 20.
        #expect(zip(own, script).allSatisfy { abs($0 - $1) < 1e-4 })
      }
    }

    /// Equal keys give equal bits, whether the equation or the operator is trained.
    @Test(arguments: [
      "mores(rank: 3)", "mores(rank: 3, identity: true)", "loreft(rank: 3)", "editor(rank: 3)", "noreft(rank: 3)",
      "direft(rank: 3)", "consreft(rank: 3)",
    ])
    func theEquationStartsAsTheOperator(_ call: String) throws {
      try inTemporaryFolder {
        try ScriptRun().run(
          """
          seed 5
          save(.layers[2].output on .last => \(call), "i.safetensors", model: load("minivlm"))
          """)
        let files = Dictionary(uniqueKeysWithValues: EmbeddedFile.files(in: "minivlm").map { ($0.name, $0.bytes) })
        let model = try Model.load(FileSource(name: "minivlm", embedded: files))
        let form = try #require(LowRankEdit.Form(rawValue: String(call.prefix { $0 != "(" })))
        let operation = try LowRankEdit(form, rank: 3, identity: call.contains("identity"))
        let site = try #require(SiteCatalog(model.configuration)[Site(.decoder, layer: 2, .output)])
        // The first draw after `seed 5` is the operator's; each site has its own part of it.
        let own = try operation.initialise(for: site, key: RandomKey(seed: 5).fold(1).fold(site.site.path))
        let saved = try Intervention.load("i.safetensors").edits.flatMap { $0.binding ?? [] }.flatMap(\.parameters)
        #expect(bits(saved) == bits(own) && saved.count == own.count)
      }
    }

    /// By name.
    private func bits(_ parameters: [NamedTensor]) -> [String: [UInt32]] {
      Dictionary(parameters.map { ($0.name, $0.tensor.floats().map(\.bitPattern)) }) { first, _ in first }
    }
  }
}
