import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

extension SteeringScripts {
  /// Control vectors against repeng and llama.cpp (scripts/fixtures/interop_control.py).
  @Suite struct ControlVectorTests {
    private static let folder = fixture("interop/controlvector").path
    private static let start = """
      let m = load("minivlm")
      let p = [1, 9, 117, 30, 56, 8, 36, 5, 101, 77, 13, 60]
      let path = "\(folder)/vector.gguf"
      let zero = "\(folder)/zero.gguf"
      """

    private func expectTheTools(_ file: String) throws {
      let expected = try Safetensors(FileBytes(path: Self.folder + "/logits.safetensors"))
      let found = try NumPyArray.read(FileBytes(path: file)).floats()
      for name in ["repeng", "llamacpp"] {
        let wanted = try expected.tensor(named: name).floats()
        #expect(found.count == wanted.count)
        // The two tools differ by 1e-5 among themselves; a block too early or late moves logits by tenths.
        let worst = zip(found, wanted).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < 1e-4, "\(name): \(worst)")
      }
    }

    @Test func answersAreRepengsAndLlamaCpps() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(Self.start + "\nsave(logits(m with open(path), p), \"logits.npy\")")
        try expectTheTools("logits.npy")
      }
    }

    @Test func whatWeWriteIsReadAgain() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          Self.start + """

            save(m with open(path), "ours.gguf", as: "controlvector")
            save(logits(m with open("ours.gguf"), p), "logits.npy")
            """)
        try expectTheTools("logits.npy")
        #expect(run.notices.lines.isEmpty)
        let (ours, theirs) = (
          try GGUF(FileBytes(path: "ours.gguf")), try GGUF(FileBytes(path: Self.folder + "/vector.gguf"))
        )
        #expect(try ours.integer("controlvector.layer_count", in: 0...9) == 5)
        for layer in 1...5 {
          let name = "direction.\(layer)"
          #expect(try ours.tensor(named: name).floats() == theirs.tensor(named: name).floats())
        }
      }
    }

    /// A share, a tensor of layers and several edits of a block come to one direction.
    @Test func sharesAndSumsAreOneDirection() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          Self.start + """

            let a = (.layers[2].output on .all + .generated => add(ones(model: 96), strength: 0.25))
              + (.layers[1..2].output on .all + .generated => add(ones(layer: 6, model: 96) * 2))
            save(a, "ours.gguf", as: "controlvector", model: m)
            """)
        let ours = try GGUF(FileBytes(path: "ours.gguf"))
        #expect(ours.entries.map(\.name) == ["direction.1", "direction.2"])
        #expect(try ours.tensor(named: "direction.2").floats().allSatisfy { $0 == 2.25 })
        #expect(try ours.tensor(named: "direction.1").floats().allSatisfy { $0 == 2 })
      }
    }

    @Test func countingIsChosen() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        let message = run.failure(of: Self.start + "\nopen(zero)")
        #expect(message.contains("it holds `direction.0`, which llama.cpp refuses"), "\(message)")
        #expect(message.contains("options: (layers: …)"), "\(message)")
        // What was read at the blocks before is the other file, whose numbers are smaller by one.
        let same = try run.run(
          """
          let a = logits(m with open(path, options: (layers: "read")), p)
          let b = logits(m with open(zero, options: (layers: "from_zero")), p)
          let c = logits(m with open(path), p)
          let both = [max(abs(a - b)), max(abs(a - c))]
          both[0] == 0 and both[1] > 0.1
          """)
        #expect(same.rendered(.short) == "true")
        try run.run("open(path)")
        for line in [
          "control vector (GGUF)", ".layers[1..5].output", "made for", "llama", "layers: applied  (by default",
          "tokens: .all + .generated  (by default",
        ] {
          #expect(run.text.contains(line), "\(line) in\n\(run.text)")
        }
      }
    }

    @Test func badFilesAreOneClearError() throws {
      try inTemporaryFolder {
        let axes = [Axis("model", 8)]
        let kind: (key: String, value: GGUF.Writable) = ("general.architecture", .string("controlvector"))
        let one = try Tensor.ones(axes)
        try GGUF.write([("direction.1", one)], metadata: [kind], to: "narrow.gguf")
        try GGUF.write([("direction.9", one)], metadata: [kind], to: "deep.gguf")
        try GGUF.write([("direction.x", one)], metadata: [kind], to: "name.gguf")
        try GGUF.write([("other", one)], metadata: [kind], to: "none.gguf")
        try GGUF.write(
          [("direction.1", one), ("direction.2", try Tensor.ones([Axis("model", 9)]))], metadata: [kind],
          to: "mixed.gguf")
        try Data(contentsOf: URL(fileURLWithPath: Self.folder + "/vector.gguf")).prefix(1000)
          .write(to: URL(fileURLWithPath: "cut.gguf"))
        let run = try ScriptRun()
        try run.run(Self.start)
        for (file, message) in [
          (
            "narrow",
            "the tensor `direction.1` is [model: 8], and at `layers[1].output` of this model it must be of width 96"
          ),
          ("deep", "`direction.9` is no place of this model: it has 6 layers in the decoder"),
          ("name", "the tensor `direction.x` cannot be taken over: its number is no layer"),
          ("none", "the tensor `direction.1` is missing; there are other"),
          ("mixed", "its directions have different lengths: [8, 9]"), ("cut", "cut.gguf"),
        ] {
          let found = run.failure(of: "open(\"\(file).gguf\", model: m)")
          #expect(found.contains(message), "\(file): \(found)")
        }
        for (source, message) in [
          (".layers[0].output on .all => add(ones(model: 96))", "llama.cpp has no direction for block 0"),
          (".layers[1].mlp.output on .all => add(ones(model: 96))", "at the outputs of the decoder's blocks"),
          (".layers[1].output on .all => add(fn h -> h)", "a function of the activations gives others"),
          (".layers[1].output on .all => scale(2)", "it holds add"),
        ] {
          let found = run.failure(of: "save(\(source), \"x.gguf\", as: \"controlvector\", model: m)")
          #expect(found.contains(message), "\(found)")
        }
        try run.run(
          "save(.layers[1].output on .last => add(ones(model: 96)), \"x.gguf\", as: \"controlvector\", model: m)")
        #expect(run.notices.lines.contains { $0.contains("acts at every token") }, "\(run.notices.lines)")
      }
    }
  }
}
