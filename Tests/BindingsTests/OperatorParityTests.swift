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
      "prompt_tuning", "prompt_inside", "prompt_deep", "vpt", "vpt_deep", "prompts_both",
    ]

    @Test(arguments: ["lora", "ia3", "oft", "tune", "adapter", "red", "iti", "mixlora"] + prompts)
    func logitsAreTorchs(_ name: String) throws {
      let expected = try Safetensors(
        FileBytes(path: Self.folder.appendingPathComponent("cases.safetensors").path))
      let own = try #require(try Self.cases.get().first { $0.name == name })
      try inTemporaryFolder {
        let sheet = try Image(path: fixture("minivlm").appendingPathComponent("scenes.png").path)
        let across = sheet.width / 48
        try sheet.cropped(x: own.image % across * 48, y: own.image / across * 48, width: 48, height: 48)
          .write(to: "scene.png")
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
        let parameters = try Safetensors(FileBytes(path: "filled.safetensors")).entries.filter { $0.name != "edit0.v" }
        let gradients = expected.entries.filter { $0.name.hasPrefix(name + "/") && $0.name.hasSuffix(".gradient") }
        #expect(
          parameters.map { $0.shape.reduce(1, *) }.sorted() == gradients.map { $0.shape.reduce(1, *) }.sorted())
      }
    }

    /// The gradients of MixLoRA's parameters, by a step down them: through maps inside the model, choices and what stands for
    /// the choices' derivatives.
    @Test func gradientsOfMixLoRAAreTorchs() throws {
      let expected = try Safetensors(
        FileBytes(path: Self.folder.appendingPathComponent("cases.safetensors").path))
      let own = try #require(try Self.cases.get().first { $0.name == "mixlora" })
      try inTemporaryFolder {
        let sheet = try Image(path: fixture("minivlm").appendingPathComponent("scenes.png").path)
        let across = sheet.width / 48
        try sheet.cropped(x: own.image % across * 48, y: own.image / across * 48, width: 48, height: 48)
          .write(to: "scene.png")
        let run = try ScriptRun()
        try run.run("let m = load(\"minivlm\")\nsave(\(own.source), \"drawn.safetensors\", model: m)")
        try fill("drawn.safetensors", from: expected, "mixlora")
        let loss = try run.run(
          """
          let item = (image: image("scene.png"), question: "\(own.text)", answer: "\(own.answer)")
          let trained = train(
            open("filled.safetensors", model: m), model: m, on: [item], steps: 1, batch: 1, end: 0, optimiser: "sgd", lr: 1,
            schedule: "constant", warmup: 0, clip: nil,
          )
          save(trained, "stepped.safetensors", model: m)
          trained.history.loss[0]
          """)
        #expect(abs(try #require(loss.doubleValue) - own.loss) < 1e-5)
        let (before, after) = (
          try Safetensors(FileBytes(path: "filled.safetensors")),
          try Safetensors(FileBytes(path: "stepped.safetensors"))
        )
        for entry in before.entries {
          let place = entry.name.split(separator: ".", maxSplits: 1)[1]
          let dot = try #require(place.lastIndex(of: "."))
          let wanted = try expected.tensor(
            named: "mixlora/\(place[..<dot])/\(place[place.index(after: dot)...]).gradient"
          ).floats()
          let (start, end) = (
            try before.tensor(named: entry.name).floats(), try after.tensor(named: entry.name).floats()
          )
          let largest = wanted.map(abs).max() ?? 0
          // Parameters of size 1 are rounded to 6e-8 before they are subtracted.
          for (index, slope) in wanted.enumerated() {
            #expect(abs(start[index] - end[index] - slope) < 1e-6 + 1e-4 * largest, "\(entry.name) \(index)")
          }
        }
      }
    }

    /// Puts torch's parameters in the place of drawn ones, whose names and shapes they must have.
    private func fill(_ path: String, from expected: Safetensors, _ name: String) throws {
      let file = try Safetensors(FileBytes(path: path))
      let tensors = try file.entries.map { entry in
        let drawn = try file.tensor(named: entry.name)
        guard entry.name != "edit0.v", name != "tune" else { return (name: entry.name, tensor: drawn) }
        let place = entry.name.split(separator: ".", maxSplits: 1)[1]
        let dot = try #require(place.lastIndex(of: "."))
        let value = try expected.tensor(
          named: "\(name)/\(place[..<dot])/\(place[place.index(after: dot)...])", axes: drawn.shape.names)
        #expect(value.shape == drawn.shape, "\(entry.name)")
        return (name: entry.name, tensor: value)
      }
      try Safetensors.write(tensors, metadata: file.metadata, to: "filled.safetensors")
    }
  }
}
