import Bindings
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

extension SteeringScripts {
  /// Files of pyreft, LLaVA Steering, MRT, Learn-to-Steer and activation-steering (scripts/fixtures/interop_files.py) through
  /// `open` and `save`, against the logits that the tools' own modules give.
  @Suite struct InteropFileTests {
    private static let folder = fixture("interop").path
    private static let question = "what color is the object ?"

    private struct Case: Sendable {
      let name: String
      let path: String
      var options = ""
      /// What writes it back; nil for a format that only reads it.
      var format: String? = nil
      var file = "written"
      var isLlama = false
    }

    private static let cases = [
      Case(name: "pyreft", path: "pyreft", format: "pyreft", isLlama: true),
      Case(name: "pyreft", path: "pyreft_dots", options: ", tokens: .last", isLlama: true),
      Case(name: "mores", path: "mores", format: "pyreft"),
      Case(name: "mores", path: "mores/mores/language_model", format: "mores", file: "language_model"),
      Case(name: "mores", path: "mores_uniform", options: ", tokens: .image.first(2) + .image.last(3)", format: nil),
      Case(name: "mores_uniform", path: "mores_uniform", format: "mores", file: "uniform"),
      Case(name: "mores_both", path: "mores_both", format: "mores", file: "both"),
      Case(name: "mores_ends", path: "mores_ends", format: "mores", file: "ends"),
      Case(name: "mores_turnless", path: "mores_turnless", format: "mores", file: "turnless"),
      Case(name: "mrt", path: "mrt/rt_modules.bin", options: ", options: (length: 2)", format: "mrt", file: "rt.bin"),
      Case(name: "mrt", path: "mrt", options: ", options: (length: 2)"),
      Case(name: "l2s", path: "l2s/minivlm_3_average_scenes_-1.pt", format: "l2s", file: "m_3_mean_x.pt"),
      Case(name: "l2s_mean", path: "l2s/minivlm_2_average_scenes_-1.pth", format: "l2s", file: "m_2_mean_x.pth"),
      Case(
        name: "l2s_sample", path: "l2s/minivlm_2_average_scenes_-1.pth", options: ", options: (sample: 1, strength: 2)"),
      Case(name: "svec", path: "l2s/vector.svec", format: "svec", file: "written.svec"),
    ]

    private func start(_ isLlama: Bool) throws -> ScriptRun {
      let run = try ScriptRun()
      if isLlama {
        try run.run(
          "let m = load(\"\(fixture("tinyllama").path)\")\nlet p = prompt(\"w3 w9 w12 w20 w7\", template: \"plain\")")
      } else {
        try writeScene(3)
        try run.run("let m = load(\"minivlm\")\nlet p = prompt(image(\"scene.png\"), \"\(Self.question)\")")
      }
      return run
    }

    /// The logits of the last four positions.
    private func logits(_ run: ScriptRun, _ model: String) throws -> [Float] {
      try run.run("save(logits(\(model), p), \"logits.npy\")")
      let all = try NumPyArray.read(FileBytes(path: "logits.npy"))
      return all.floats().suffix(4 * all.axes[1].size)
    }

    private func distance(_ left: [Float], _ right: [Float]) -> Float {
      guard left.count == right.count else { return .infinity }
      return zip(left, right).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    @Test(arguments: cases.indices)
    func logitsAreTheTools(_ index: Int) throws {
      let own = Self.cases[index]
      let expected = try Safetensors(FileBytes(path: Self.folder + "/expected.safetensors"))
      try inTemporaryFolder {
        let run = try start(own.isLlama)
        let path = "\(Self.folder)/\(own.path)"
        let wanted = try expected.tensor(named: "\(own.name)/logits").floats()
        let plain = try expected.tensor(named: (own.isLlama ? "plain_llama" : "plain") + "/logits").floats()
        // Logits go up to 15; f32 sums in another order.
        #expect(try distance(logits(run, "m"), plain) < 1e-4)
        let isOther = own.name == "mores" && own.path == "mores_uniform"
        let found = try logits(run, "m with open(\"\(path)\"\(own.options))")
        guard !isOther else {
          #expect(distance(found, wanted) > 0.01)
          return
        }
        #expect(distance(found, wanted) < 1e-4, "\(own.path): \(distance(found, wanted))")
        #expect(distance(found, plain) > 0.01)
        // Bound by `model:`, saved as ours, written as the tool writes it, and read again.
        try run.run("let a = open(\"\(path)\"\(own.options), model: m)\nsave(a, \"ours.safetensors\", model: m)")
        #expect(try logits(run, "m with open(\"ours.safetensors\")") == found)
        guard let format = own.format else { return }
        try run.run("save(a, \"\(own.file)\", as: \"\(format)\", model: m)")
        let tokens =
          format == "pyreft" && own.name == "mores" ? ", tokens: .image.first(2) + .image.last(3)" : own.options
        let again = try logits(run, "m with open(\"\(own.file)\"\(tokens))")
        #expect(distance(again, found) < 1e-5, "\(own.path) written: \(distance(again, found))")
      }
    }

    /// `mores_share_weights: false`: one half of the places at the first tokens, the other at the last.
    @Test func endsOfTheirOwn() throws {
      try inTemporaryFolder {
        let run = try start(false)
        try run.run(
          """
          let mine = (.layers[0..1].output on .image(0).first(2) => mores(rank: 2))
            + (.layers[2, 4].output on .image(0).last(3) => mores(rank: 2))
          let trained = m with mine
          save(trained, "ends", as: "mores")
          """)
        let positions = try String(contentsOfFile: "ends/mores_pos_configs.json", encoding: .utf8)
        #expect(positions.contains("\"f2+l3\"") && positions.contains("\"mores_share_weights\": false"))
        #expect(try logits(run, "trained") == logits(run, "m with open(\"ends\")"))
        #expect(try distance(logits(run, "trained"), logits(run, "m")) > 0.01)
        try run.run("let uneven = m with ((.layers[0].output on .image(0).first(2) => mores()) + mine)")
        #expect(run.failure(of: "save(uneven, \"uneven\", as: \"mores\")").contains("half of the places"))
      }
    }

    /// pyvene's interventions with a constant source, saved and run by pyvene (scripts/fixtures/interop_pyvene.py).
    @Test(arguments: ["addition", "subtraction", "vanilla", "zero", "mixed"]) func constantsAreThose(_ name: String)
      throws
    {
      let expected = try Safetensors(FileBytes(path: Self.folder + "/pyvene/logits.safetensors"))
      try inTemporaryFolder {
        let run = try start(true)
        let found = try logits(run, "m with open(\"\(Self.folder)/pyvene/\(name)\")")
        #expect(distance(found, try expected.tensor(named: name).floats()) < 1e-4)
        #expect(distance(found, try expected.tensor(named: "plain").floats()) > 0.5)
        let collects = run.notices.lines.contains { $0.contains("CollectIntervention: it only collects activations") }
        #expect(collects == (name == "mixed"), "\(run.notices.lines)")
      }
    }

    /// `intervention_dimensions` may say that only the first numbers of a row are changed, which no operator here does.
    @Test func columnsAreNotTakenForRows() throws {
      try inTemporaryFolder {
        let run = try start(true)
        let reason = "it changes the first 20 numbers of a row of 40"
        try run.run("open(\"\(Self.folder)/pyvene/columns\")")
        #expect(run.text.contains("not mapped  layer.0.block_output AdditionIntervention"), "\(run.text)")
        #expect(run.failure(of: "m with open(\"\(Self.folder)/pyvene/columns\")").contains(reason))
        // Without a constant only the model says how wide a row is.
        try FileManager.default.copyItem(atPath: Self.folder + "/pyvene/zero", toPath: "zero")
        let config = try String(contentsOfFile: "zero/config.json", encoding: .utf8)
        #expect(config.components(separatedBy: "    40").count == 3, "\(config)")
        try config.replacingOccurrences(of: "    40", with: "    20").write(
          toFile: "zero/config.json", atomically: true, encoding: .utf8)
        let found = run.failure(of: "m with open(\"zero\")")
        #expect(found.contains("ZeroIntervention") && found.contains(reason), "\(found)")
      }
    }

    @Test func norotIsWrittenAsItsClassesReadIt() throws {
      try inTemporaryFolder {
        let run = try start(false)
        try run.run(
          """
          let a = m with .layers[0..1].output on .image.first(2) + .image.last(3) => noreft(rank: 2)
          save(a, "free", as: "mores")
          """)
        #expect(try logits(run, "a") == logits(run, "m with open(\"free\")"))
        let kinds = try Field(FileBytes(path: "free/intervention_config.json"))["representations"][1]["intervention"]
        #expect(try kinds["type"].string() == "norot_mores" && kinds["add_bias"].bool(or: true) == false)
        #expect(try kinds["embed_dim"].integer(in: 0...) == 96 && kinds["low_rank_dimension"].integer(in: 0...) == 2)
        let types = try Field(FileBytes(path: "free/config.json"))["intervention_types"].strings()
        #expect(
          types == Array(repeating: "<class 'tinyllava.model.intervention_models.NoRotMoReSIntervention'>", count: 2))
        let state = try TorchFile(FileBytes(path: "free/intkey_layer_1_comp_block_output_unit_pos_nunit_1#0.bin")).field
        // What the class's own load asks for: `load_state_dict` with every key and no other.
        #expect(
          Set(state.keys) == [
            "embed_dim", "interchange_dim", "proj_layer.weight", "learned_source.weight", "learned_source.bias",
          ])
        #expect(run.notices.lines.contains { $0.contains("bf16 for norot_mores") })
        try run.run(
          """
          let both = m with ((.layers[1].output on .image.first(1) => noreft()) + (.layers[1].output on .text.last(1) => noreft()))
          """)
        #expect(run.failure(of: "save(both, \"both\", as: \"mores\")").contains("have rotations only"))
      }
    }

    /// The released code takes at most half of the image at either end.
    @Test func halfOfTheImageAtEitherEnd() throws {
      try inTemporaryFolder {
        let run = try start(false)
        try FileManager.default.copyItem(atPath: Self.folder + "/mores", toPath: "long")
        let positions = "long/mores/language_model/mores_pos_configs.json"
        let text = try String(contentsOfFile: positions, encoding: .utf8)
        try text.replacingOccurrences(of: "f2+l3", with: "f12+l3").write(
          toFile: positions, atomically: true, encoding: .utf8)
        try run.run("open(\"long\")")
        #expect(run.text.contains(".image(0).first(8) + .image(0).last(3)"), "\(run.text)")
        #expect(run.text.contains("half of the image at most, 8 tokens"), "\(run.text)")
        try run.run("let a = m with .layers[1].output on .image.first(9) => mores()")
        #expect(run.failure(of: "save(a, \"nine\", as: \"mores\")").contains("at most half of it at either end"))
        try text.replacingOccurrences(of: "true", with: "false").write(
          toFile: positions, atomically: true, encoding: .utf8)
        #expect(run.failure(of: "open(\"long\")").contains("at the last, and there are 3"))
      }
    }

    @Test func cardsSayWhatIsThere() throws {
      let run = try ScriptRun()
      try run.run("open(\"\(Self.folder)/pyreft\")")
      for line in [
        "pyreft / pyvene folder", ".layers[0].output", "loreft(rank: 2)",
        "nodireft(rank: 2)",
        "tokens: .last  (by default:", "note", "m with open(",
      ] { #expect(run.text.contains(line), "\(line) in \(run.text)") }
      let mrt = try ScriptRun()
      try mrt.run("open(\"\(Self.folder)/mrt\")")
      for line in [
        ".vision.layers[1].output", ".projector.output", ".layers[0..1].output", ".prefix(4)", "repeat tensors",
        "template included",
      ] {
        #expect(mrt.text.contains(line), "\(line) in \(mrt.text)")
      }
    }

    @Test func whatCannotBeMappedIsSaid() throws {
      try inTemporaryFolder {
        try FileManager.default.copyItem(atPath: Self.folder + "/pyreft", toPath: "strange")
        let config = try String(contentsOfFile: "strange/config.json", encoding: .utf8)
        try config.replacingOccurrences(of: "NoreftIntervention", with: "SigmoidMaskIntervention")
          .write(toFile: "strange/config.json", atomically: true, encoding: .utf8)
        let run = try start(true)
        try run.run("let f = open(\"strange\")\nf")
        #expect(run.text.contains("not mapped  layer.1.block_output SigmoidMaskIntervention: this class"))
        _ = try run.run("m with f")
        #expect(run.notices.lines.contains { $0.contains("not mapped: layer.1.block_output SigmoidMaskIntervention") })
      }
    }

    @Test func badInputIsOneClearError() throws {
      try inTemporaryFolder {
        let run = try start(false)
        func fails(_ source: String, _ words: String...) {
          let found = run.failure(of: source)
          for word in words { #expect(found.contains(word), "\(source): \(found)") }
        }
        let folder = Self.folder
        fails("open(\"\(folder)/torch/system.pt\")", "refers to os.system", "runs nothing")
        fails("open(\"\(folder)/pyreft_checkpoint\")", "has no config.json", "reft_model.save(folder)")
        fails(
          "m with open(\"\(folder)/pyreft\")", "rotate_layer", "[rank: 2, model: 40]", "[rank: 2, model: 96]",
          "another model")
        fails("open(\"\(folder)/pyreft\", options: (layer: 3))", "has no option `layer`", "tokens")
        fails("open(\"\(folder)/mrt\", options: (length: \"two\"))", "must be an integer")
        fails("0.5 * open(\"\(folder)/mrt\")", "model: m) gives its intervention")
        fails("open(\"scene.png\", tokens: .last)", "none of theirs")
        try FileManager.default.copyItem(atPath: folder + "/l2s/minivlm_3_average_scenes_-1.pt", toPath: "net.pt")
        fails("open(\"net.pt\")", "layer", "options: (layer: …)")
        #expect(run.failure(of: "m with open(\"net.pt\", options: (layer: 9))").contains("this is layer 9"))
        try FileManager.default.copyItem(atPath: folder + "/mores", toPath: "beyond")
        let positions = "beyond/mores/language_model/mores_pos_configs.json"
        let text = try String(contentsOfFile: positions, encoding: .utf8)
        try text.replacingOccurrences(of: "f2+l3", with: "f20+l30").write(
          toFile: positions, atomically: true, encoding: .utf8)
        fails("open(\"beyond\")", "f20+l30", "50 tokens of an image", "an image has 16")
        try text.replacingOccurrences(of: "f2+l3", with: "f20+l30")
          .replacingOccurrences(of: ": 16", with: ": 576").write(toFile: positions, atomically: true, encoding: .utf8)
        fails("m with open(\"beyond\")", "f20+l30", "an image has 16")
        fails("save(m with .layers[1].output => scale(2), \"x\", as: \"pyreft\")", "pyreft cannot hold", "scale")
        fails(
          "save(m with .layers[1].output => scale(2), \"x\", as: \"nobody\")", "\"nobody\" is no format", "\"pyreft\"")
        fails(
          "save(m with .layers[1].output on .last => mores(), \"x\", as: \"mores\")",
          "first and last tokens of the text")
        fails(
          "save(m with .layers[1].output => loreft(), \"x\", as: \"pyreft\", dtype: \"f16\")", "types of their own")
        fails("save(m with .projector.output => loreft(), \"x\", as: \"pyreft\")", "no name for `projector.output`")
        fails("open(\"\(folder)\")", "not a file of a tool that is known here")
      }
    }

    @Test func plainTorchFilesAreRecords() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          """
          let t = tensor([[1, 2], [3, 4]], axes: [row, column])
          save((weight: t, bias: t[row: 0]), "a.pt")
          save(t, "t.bin")
          let a = open("a.pt")
          print(a.weight[axis0: 1, axis1: 0], open("t.bin").sum, keys(a))
          """)
        #expect(run.text.contains("3") && run.text.contains("10") && run.text.contains("weight"), "\(run.text)")
        #expect(try run.run("open(\"\(Self.folder)/torch/zip.pt\").plain.s").stringValue == "é日")
      }
    }
  }
}
