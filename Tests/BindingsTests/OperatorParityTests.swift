import Bindings
import Checkpoints
import Foundation
import Interpreter
import Tensors
import TestSupport
import Testing

extension SteeringScripts {
  /// Operators of the standard library against peft's modules and the papers' equations in torch
  /// (scripts/fixtures/operators.py). Their parameters come from there; a file carries them in.
  @Suite struct OperatorParityTests {
    private struct Case: Decodable {
      let name: String
      let source: String
      let image: Int
      let text: String
      let answer: String
      let loss: Double
    }

    private static let folder = fixture("operators")
    private static let cases = Result {
      try JSONDecoder().decode([Case].self, from: Data(contentsOf: folder.appendingPathComponent("cases.json")))
    }

    private static let prompts = [
      "prompt_tuning", "prompt_inside", "prompt_deep", "vpt", "vpt_deep", "prompts_both", "m2pt", "interaction",
    ]

    @Test(arguments: ["lora", "ia3", "oft", "tune", "adapter", "red", "iti", "mixlora"] + prompts)
    func logitsAndGradientsAreTorchs(_ name: String) throws {
      let expected = try Safetensors(
        FileBytes(path: Self.folder.appendingPathComponent("cases.safetensors").path))
      let own = try #require(try Self.cases.get().first { $0.name == name })
      try inTemporaryFolder {
        try writeScene(own.image)
        let run = try ScriptRun()
        try run.run(
          """
          let m = load("minivlm")
          let t = open("\(Self.folder.path)/cases.safetensors")
          let directions = rename(t["iti/directions"], (axis0: "layer", axis1: "head", axis2: "feature"))
          let deviation = rename(t["iti/deviation"], (axis0: "layer", axis1: "head"))
          save(\(own.source), "drawn.safetensors", model: m)
          """)
        try fill("drawn.safetensors", from: expected, name)
        try run.run(
          """
          let p = prompt(image("scene.png"), "\(own.text)")
          save(logits(m with open("filled.safetensors", model: m), p), "logits.npy")
          save(logits(m, p), "plain.npy")
          """)
        let vocabulary = 162
        let wanted = try expected.tensor(named: name + "/logits").floats()
        let found = try NumPyArray.read(FileBytes(path: "logits.npy")).floats().suffix(4 * vocabulary)
        let plain = try NumPyArray.read(FileBytes(path: "plain.npy")).floats().suffix(4 * vocabulary)
        #expect(wanted.count == 4 * vocabulary)
        // Logits go up to 12; f32 sums in another order.
        #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect((name == "tune") == zip(found, plain).allSatisfy { abs($0 - $1) < 0.01 })
        // As many parameters as torch has, and a gradient for each.
        let filled = try Safetensors(FileBytes(path: "filled.safetensors"))
        let parameters = filled.entries.filter { $0.name != "edit0.v" }
        let gradients = expected.entries.filter { $0.name.hasPrefix(name + "/") && $0.name.hasSuffix(".gradient") }
        #expect(
          parameters.map { $0.shape.reduce(1, *) }.sorted() == gradients.map { $0.shape.reduce(1, *) }.sorted())
        guard !parameters.isEmpty else { return }
        // A step of plain descent at rate 1 moves each parameter by its gradient.
        let loss = try run.run(
          """
          let item = (image: image("scene.png"), question: "\(own.text)", answer: "\(own.answer)")
          let taught = train(
            open("filled.safetensors", model: m), model: m, on: [item], steps: 1, batch: 1, optimiser: "sgd", lr: 1,
            schedule: "constant", warmup: 0, clip: nil, constraint: "free", end: 0,
          )
          save(taught, "taught.safetensors", model: m)
          taught.history.loss[0]
          """)
        #expect(abs(try #require(loss.doubleValue) - own.loss) < 1e-4)
        let taught = try Safetensors(FileBytes(path: "taught.safetensors"))
        for entry in parameters {
          let before = try filled.tensor(named: entry.name).floats()
          let after = try taught.tensor(named: entry.name).floats()
          let gradient = try expected.tensor(named: Self.name(of: entry.name, in: name) + ".gradient").floats()
          // Relative to the tensor's largest; the difference of two numbers near 1 is known within 1e-7.
          let bound = 1e-4 * max(gradient.map { abs($0) }.max() ?? 0, 1e-2)
          #expect(
            zip(zip(before, after), gradient).allSatisfy { abs($0.0 - $0.1 - $1) < bound }, "\(entry.name)")
        }
      }
    }

    /// A parameter's name in the fixture: case/site/parameter.
    private static func name(of entry: String, in name: String) throws -> String {
      let place = entry.split(separator: ".", maxSplits: 1)[1]
      let dot = try #require(place.lastIndex(of: "."))
      return "\(name)/\(place[..<dot])/\(place[place.index(after: dot)...])"
    }

    /// Puts torch's parameters in the place of drawn ones, whose names and shapes they must have.
    private func fill(_ path: String, from expected: Safetensors, _ name: String) throws {
      let file = try Safetensors(FileBytes(path: path))
      let tensors = try file.entries.map { entry in
        let drawn = try file.tensor(named: entry.name)
        guard entry.name != "edit0.v", name != "tune" else { return (name: entry.name, tensor: drawn) }
        let value = try expected.tensor(named: Self.name(of: entry.name, in: name), axes: drawn.shape.names)
        #expect(value.shape == drawn.shape, "\(entry.name)")
        return (name: entry.name, tensor: value)
      }
      try Safetensors.write(tensors, metadata: file.metadata, to: "filled.safetensors")
    }
  }
}
