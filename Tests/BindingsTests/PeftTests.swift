import Checkpoints
import Foundation
import Interpreter
import Tensors
import TestSupport
import Testing

extension SteeringScripts {
  /// Adapters that peft saved, against what peft's models answer with them (scripts/fixtures/interop_peft.py); and the same
  /// written by us and read again.
  @Suite struct PeftTests {
    private struct Case: Decodable {
      let name: String
      let model: String
      let moved: Double
    }

    private static let folder = fixture("interop/peft")
    private static let cases = Result {
      try JSONDecoder().decode([Case].self, from: Data(contentsOf: folder.appendingPathComponent("cases.json")))
    }
    static let names = [
      "lora_patterns", "lora_bias", "lora_own_bias", "dora", "lora_whole", "lora_embeddings", "lora_fused",
      "lora_turned",
      "ia3", "ia3_fused", "oft_series", "oft_exact", "oft_shared", "oft_fused", "oft_outputs", "oft_outputs_shared",
      "prompt", "bottleneck_serial", "bottleneck_parallel",
    ]

    /// A session with the case's model `m` and prompt `p`.
    private func start(_ name: String) throws -> ScriptRun {
      let own = try #require(try Self.cases.get().first { $0.name == name })
      let run = try ScriptRun()
      guard own.model == "minivlm" else {
        try run.run(
          """
          let m = load("\(fixture("families").path)/\(own.model)")
          let p = [1, 9, 117, 30, 256, 8, 36, 5, 201, 77, 13, 60]
          """)
        return run
      }
      try writeScene(3)
      try run.run(
        """
        let m = load("minivlm")
        let p = prompt(image("scene.png"), "what color is the object ?")
        """)
      return run
    }

    private func expectPeft(_ file: String, _ name: String) throws {
      let expected = try Safetensors(FileBytes(path: Self.folder.appendingPathComponent("logits.safetensors").path))
      let wanted = try expected.tensor(named: name).floats()
      let found = try NumPyArray.read(FileBytes(path: file)).floats().suffix(wanted.count)
      // Logits go up to 12; f32 sums in another order. A rank or a factor that is wrong moves them by tenths.
      let worst = zip(found, wanted).map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst < 1e-4, "\(name): \(worst)")
    }

    @Test(arguments: names) func answersArePefts(_ name: String) throws {
      try inTemporaryFolder {
        let run = try start(name)
        try run.run(
          """
          let path = "\(Self.folder.path)/\(name)"
          save(logits(m with open(path), p), "logits.npy")
          """)
        try expectPeft("logits.npy", name)
      }
    }

    /// What we write says the same again. Rotations of outputs have no place in today's peft, and adapters before a map
    /// stand beside it here.
    @Test(arguments: names.filter { !["oft_outputs", "oft_outputs_shared", "bottleneck_serial"].contains($0) })
    func whatWeWriteIsReadAgain(_ name: String) throws {
      try inTemporaryFolder {
        let run = try start(name)
        try run.run(
          """
          save(m with open("\(Self.folder.path)/\(name)"), "ours", as: "peft")
          save(logits(m with open("ours"), p), "logits.npy")
          """)
        try expectPeft("logits.npy", name)
      }
    }

    /// A saved intervention of ours keeps what came from peft.
    @Test func importsAreSavedAsOurs() throws {
      try inTemporaryFolder {
        let run = try start("lora_patterns")
        try run.run(
          """
          save(open("\(Self.folder.path)/lora_patterns", model: m), "ours.safetensors")
          save(logits(m with open("ours.safetensors", model: m), p), "logits.npy")
          """)
        try expectPeft("logits.npy", "lora_patterns")
      }
    }

    /// LLaVA's modules as transformers named them before 4.52, and as a file for the language model alone has them.
    @Test(arguments: ["language_model.model.", "model."]) func olderNamesAreTheSameModules(_ prefix: String) throws {
      try inTemporaryFolder {
        let run = try start("ia3")
        let from = Self.folder.appendingPathComponent("ia3")
        try FileManager.default.createDirectory(atPath: "older", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          atPath: from.appendingPathComponent("adapter_config.json").path, toPath: "older/adapter_config.json")
        let file = try Safetensors(FileBytes(path: from.appendingPathComponent("adapter_model.safetensors").path))
        try Safetensors.write(
          try file.entries.map { entry in
            let name = entry.name.replacingOccurrences(of: "model.language_model.", with: prefix)
              .replacingOccurrences(of: "model.vision_tower.", with: "vision_tower.vision_model.")
            return (name: name, tensor: try file.tensor(named: entry.name))
          }, to: "older/adapter_model.safetensors")
        try run.run("save(logits(m with open(\"older\"), p), \"logits.npy\")")
        try expectPeft("logits.npy", "ia3")
        // What was guessed is said.
        let isSaid = run.notices.lines.contains { $0.contains("its names are ends of this model's") }
        #expect(isSaid == (prefix == "model."))
      }
    }

    /// Adapters of before safetensors.
    @Test func torchFilesHoldTheSame() throws {
      try inTemporaryFolder {
        let run = try start("dora")
        let from = Self.folder.appendingPathComponent("dora")
        try FileManager.default.createDirectory(atPath: "older", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          atPath: from.appendingPathComponent("adapter_config.json").path, toPath: "older/adapter_config.json")
        let file = try Safetensors(FileBytes(path: from.appendingPathComponent("adapter_model.safetensors").path))
        // DoRA's lengths had a module of their own then.
        try TorchFile.write(
          try file.entries.map { entry in
            let isLength = entry.name.hasSuffix("lora_magnitude_vector")
            return (name: entry.name + (isLength ? ".weight" : ""), tensor: try file.tensor(named: entry.name))
          }, to: "older/adapter_model.bin")
        try run.run("save(logits(m with open(\"older\"), p), \"logits.npy\")")
        try expectPeft("logits.npy", "dora")
      }
    }

    /// LLaVA's training code keeps the projector beside the adapter, under its own names.
    @Test func llavasProjectorComesAlong() throws {
      try inTemporaryFolder {
        let run = try start("lora_whole")
        let from = Self.folder.appendingPathComponent("lora_whole")
        try FileManager.default.createDirectory(atPath: "llava", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          atPath: from.appendingPathComponent("adapter_config.json").path, toPath: "llava/adapter_config.json")
        let file = try Safetensors(FileBytes(path: from.appendingPathComponent("adapter_model.safetensors").path))
        let (own, projector) = (
          file.entries.filter { !$0.name.contains("linear_2") }, file.entries.filter { $0.name.contains("linear_2") }
        )
        #expect(projector.count == 2)
        try Safetensors.write(
          try own.map { (name: $0.name, tensor: try file.tensor(named: $0.name)) },
          to: "llava/adapter_model.safetensors")
        try TorchFile.write(
          try projector.map { entry in
            let name = entry.name.replacingOccurrences(of: "multi_modal_projector.linear_2", with: "mm_projector.2")
            return (name: name, tensor: try file.tensor(named: entry.name))
          }, to: "llava/non_lora_trainables.bin")
        try run.run("save(logits(m with open(\"llava\"), p), \"logits.npy\")")
        try expectPeft("logits.npy", "lora_whole")
      }
    }

    @Test func theCardSaysWhatActsWhere() throws {
      try inTemporaryFolder {
        let run = try start("lora_patterns")
        try run.run("open(\"\(Self.folder.path)/lora_patterns\")")
        for line in [
          "peft folder, LoRA", "lora(rank: 2, alpha: 6, stabilised: true)", "lora(rank: 3, alpha: 6, stabilised: true)",
          "lora(rank: 1, alpha: 6, stabilised: true)", ".layers[1].attention.query.weight",
        ] {
          #expect(run.text.contains(line), "\(line) in\n\(run.text)")
        }
      }
    }

    private static let bad: [(settings: String, tensors: [(String, [Int])], message: String)] = [
      (
        #""r": 2"#,
        [
          ("model.layers.0.self_attn.q_proj.lora_A.weight", [2, 4096]),
          ("model.layers.0.self_attn.q_proj.lora_B.weight", [4096, 2]),
        ],
        "the tensor `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight` is [2, 4096], and at "
          + "`model.layers.0.self_attn.q_proj` of this model it must be [rank, input 96]; it was made for another model"
      ),
      (
        #""r": 2"#,
        [
          ("model.layers.31.self_attn.q_proj.lora_A.weight", [2, 96]),
          ("model.layers.31.self_attn.q_proj.lora_B.weight", [96, 2]),
        ],
        "`model.layers.31.self_attn.q_proj.weight` is no place of this model: minivlm has no such module (its own are like "
          + "`model.language_model.layers.0.self_attn.q_proj.weight`)"
      ),
      (
        #""r": 4"#,
        [
          ("model.layers.1.self_attn.q_proj.lora_A.weight", [2, 96]),
          ("model.layers.1.self_attn.q_proj.lora_B.weight", [96, 2]),
        ],
        "r must be 2, the rank that `model.layers.1.self_attn.q_proj` has"
      ),
      (
        #""r": 2"#, [("model.layers.1.self_attn.q_proj.lora_A.weight", [2, 96])],
        "the tensor `model.layers.1.self_attn.q_proj.lora_B.weight` is missing"
      ),
      (
        #""r": 2, "init_lora_weights": "pissa""#, [],
        "init_lora_weights must be true: \"pissa\" also changes the base weights when training begins"
      ),
      (#""r": 2, "use_qalora": true"#, [], "use_qalora must be absent: QA-LoRA pools what a map reads"),
      (
        #""r": 2, "rank_pattern": {"(": 3}"#, [],
        "rank_pattern must be an object whose keys are module names or regular expressions; \"(\" is none"
      ),
      (
        #""r": 2"#, [("model.layers.1.self_attn.q_proj.lora_E", [2, 1])],
        "peft has no such tensor for LORA"
      ),
    ]

    @Test(arguments: bad.indices) func badFoldersAreOneClearError(_ index: Int) throws {
      let own = Self.bad[index]
      try inTemporaryFolder {
        try FileManager.default.createDirectory(atPath: "bad", withIntermediateDirectories: true)
        try Data("{\"peft_type\": \"LORA\", \(own.settings)}".utf8).write(
          to: URL(fileURLWithPath: "bad/adapter_config.json"))
        try Safetensors.write(
          try own.tensors.map { name, sizes in
            (
              name: "base_model.model." + name,
              tensor: try Tensor.ones(sizes.enumerated().map { Axis("axis\($0)", $1) })
            )
          }, to: "bad/adapter_model.safetensors")
        let run = try ScriptRun()
        let message = run.failure(of: "open(\"bad\", model: load(\"minivlm\"))")
        #expect(message.contains(own.message), "\(message)")
      }
    }

    @Test func otherKindsOfAdaptersAreRefusedByName() throws {
      try inTemporaryFolder {
        try FileManager.default.createDirectory(atPath: "bad", withIntermediateDirectories: true)
        try Data(#"{"peft_type": "ADALORA"}"#.utf8).write(to: URL(fileURLWithPath: "bad/adapter_config.json"))
        let message = try ScriptRun().failure(of: "open(\"bad\")")
        #expect(message.contains("peft_type must be one of \"LORA\""), "\(message)")
        #expect(message.contains("found \"ADALORA\""), "\(message)")
      }
    }

    /// What peft has no place for is refused when it is written, with the reason.
    @Test(arguments: [
      (".layers[1].output on .last => add(zeros(model: 96))", "it holds lora, dora"),
      (".layers[1].mlp.down.weight => tune()", "peft keeps whole weights only beside LoRA"),
      (
        "(.layers[1].mlp.down.weight => lora()) + (.layers[1].mlp.up.weight => ia3())",
        "a folder holds one kind of adapter"
      ),
      ("(.layers[1].mlp.down.weight => lora()) + (.layers[1].mlp.down.weight => lora(rank: 2))", "a second time"),
      (".layers[1].mlp.down.weight => oft(blocks: 8, side: \"output\")", "only peft up to 0.13"),
      ("0.5 * (.layers[1].mlp.up.weight => ia3())", "it holds edits as they are, no share of one"),
      (".embeddings on .virtual(2, after: .image) => soft_prompt()", "stand before everything else"),
    ]) func writingRefusesWhatPeftCannotHold(_ own: (source: String, message: String)) throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run("let m = load(\"minivlm\")")
        let message = run.failure(of: "save(\(own.source), \"x\", as: \"peft\", model: m)")
        #expect(message.contains(own.message), "\(message)")
      }
    }
  }
}
