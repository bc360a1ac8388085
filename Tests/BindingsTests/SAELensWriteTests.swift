import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

extension SteeringScripts {
  /// Folders for SAELens. That SAELens itself encodes and decodes with them as steersh does is scripts/interop's to show.
  @Suite struct SAELensWriteTests {
    private static let folder = fixture("interop/saelens").path

    private func start() throws -> ScriptRun {
      let run = try ScriptRun()
      try writeScene(3)
      try run.run(
        """
        let m = load("minivlm")
        let p = prompt(image("scene.png"), "what color is the object ?")
        seed 5
        let E = normal(feature: 3, model: 96)
        let D = normal(feature: 3, model: 96)
        """)
      return run
    }

    private func tensors(_ folder: String) throws -> [String: Tensor] {
      let file = try Safetensors(FileBytes(path: folder + "/sae_weights.safetensors"))
      return try Dictionary(uniqueKeysWithValues: file.entries.map { ($0.name, try file.tensor(named: $0.name)) })
    }

    private func settings(_ folder: String) throws -> JSON {
      try JSON.parse(FileBytes(path: folder + "/cfg.json"))
    }

    /// A whole dictionary of SAELens, as it was, with its settings.
    @Test(arguments: ["standard", "jumprelu", "gated", "topk"]) func dictionariesComeBack(_ name: String) throws {
      try inTemporaryFolder {
        let run = try start()
        try run.run("save(open(\"\(Self.folder)/\(name)\"), \"again\", as: \"saelens\")")
        let (theirs, ours) = (try tensors(Self.folder + "/" + name), try tensors("again"))
        #expect(theirs.count >= 4 && Set(theirs.keys) == Set(ours.keys))
        for (key, tensor) in theirs {
          let other = try #require(ours[key])
          #expect(other.shape.sizes == tensor.shape.sizes && other.floats() == tensor.floats(), "\(key)")
        }
        #expect(try settings("again") == settings(Self.folder + "/" + name))
        #expect(run.notices.lines.isEmpty)
      }
    }

    /// `set_features` as a dictionary of its features, and features of that dictionary as the same edit.
    @Test func featuresBecomeADictionary() throws {
      try inTemporaryFolder {
        let run = try start()
        try run.run(
          """
          let b = tensor([0.5, -1, 2], axes: [feature])
          let t = tensor([0, 0.25, 1], axes: [feature])
          let c = tensor([2, 0, 4], axes: [feature])
          let a = m with .layers[3].mlp.output on .image => set_features(E, D, value: c, bias: b, threshold: t)
          save(a, "own", as: "saelens")
          save((E: E, D: D), "own.safetensors")
          """)
        let own = try tensors("own")
        let given = try Safetensors(FileBytes(path: "own.safetensors"))
        let encoder = try given.tensor(named: "E", axes: ["feature", "model"])
        let decoder = try given.tensor(named: "D", axes: ["feature", "model"])
        #expect(own["W_enc"]?.shape.sizes == [96, 3])
        #expect(own["W_enc"]?.floats() == (try encoder.reorder(["model", "feature"]).floats()))
        #expect(own["W_dec"]?.floats() == decoder.floats())
        #expect(own["b_enc"]?.floats() == [0.5, -1, 2] && own["threshold"]?.floats() == [0, 0.25, 1])
        #expect(own["b_dec"]?.floats() == Array(repeating: 0, count: 96) && own.count == 5)
        let config = try Field(settings("own"), file: "cfg.json")
        // What `load_from_disk` reads; without a version it would take the file to be older than SAELens 6.
        #expect(try config["architecture"].string() == "jumprelu" && config["dtype"].string() == "float32")
        #expect(try config["d_in"].integer(in: 0...) == 96 && config["d_sae"].integer(in: 0...) == 3)
        #expect(try config["apply_b_dec_to_input"].bool(or: true) == false)
        #expect(try config["metadata"]["hook_name"].string() == "blocks.3.hook_mlp_out")
        #expect(try config["metadata"]["sae_lens_version"].string().hasPrefix("6."))
        // The note is the expression that gives the edit back.
        let note = try #require(run.notices.lines.first)
        let call = "open(\"own\", tokens: .image, options: (feature: [0, 1, 2], set: [2, 0, 4]))"
        #expect(note.contains("neither the values") && note.hasSuffix(call), "\(note)")
        #expect(try run.run("max(abs(logits(m with \(call), p) - logits(a, p))) == 0").rendered(.short) == "true")
        #expect(try run.run("max(abs(logits(m, p) - logits(a, p))) > 0.1").rendered(.short) == "true")
      }
    }

    /// Without thresholds it is relu's architecture; one number stands for all features.
    @Test func numbersStandForAllFeatures() throws {
      try inTemporaryFolder {
        let run = try start()
        try run.run("save(m with .layers[0].input on .last => set_features(E, D, bias: 2), \"own\", as: \"saelens\")")
        let own = try tensors("own")
        #expect(own["b_enc"]?.floats() == [2, 2, 2] && own["threshold"] == nil)
        let config = try Field(settings("own"), file: "cfg.json")
        #expect(try config["architecture"].string() == "standard")
        #expect(try config["metadata"]["hook_name"].string() == "blocks.0.hook_resid_pre")
        // The miniature's norms are RMS, which TransformerLens does not centre.
        #expect(!config["metadata"]["model_from_pretrained_kwargs"].exists)
      }
    }

    /// Inside an MLP the axis has another name, and features of a dictionary are read with it.
    @Test func featuresInsideAnMLP() throws {
      try inTemporaryFolder {
        let run = try start()
        let same = try run.run(
          """
          let H = normal(feature: 3, hidden: 256)
          let a = m with .layers[2].mlp.hidden on .all => set_features(H, H, value: 2)
          save(a, "own", as: "saelens")
          max(abs(logits(m with open("own", tokens: .all, options: (feature: [0, 1, 2], set: 2)), p) - logits(a, p))) == 0
          """)
        #expect(same.rendered(.short) == "true")
        let config = try Field(settings("own"), file: "cfg.json")
        #expect(try config["metadata"]["hook_name"].string() == "blocks.2.mlp.hook_post")
        try run.run("save(m with open(\"own\", options: (feature: 1, strength: 2)), \"one.safetensors\")")
        #expect(
          run.failure(of: "save(m with .layers[2].mlp.hidden on .all => set_features(E, D), \"own\", as: \"saelens\")")
            .contains("its features are of 96 numbers, and `layers[2].mlp.hidden` has 256"))
      }
    }

    /// TransformerLens centres what models with layer norm write to the residual stream; the file tells it not to.
    @Test func centringIsTurnedOffForLayerNorm() throws {
      try inTemporaryFolder {
        let run = try ScriptRun()
        try run.run(
          """
          let g = load("\(fixture("families/gpt2").path)")
          let d = normal(feature: 2, model: 30)
          save(g with .layers[0].output on .last => set_features(d, d), "own", as: "saelens")
          """)
        let about = try Field(settings("own"), file: "cfg.json")["metadata"]
        #expect(try about["model_from_pretrained_kwargs"]["center_writing_weights"].bool(or: true) == false)
      }
    }

    @Test(arguments: [
      ("m with .layers[2].output on .last => add(D[feature: 0])", "it holds set_features"),
      ("m with 0.5 * (.layers[2].output on .last => set_features(E, D))", "no share of one"),
      ("m with .layers[2..3].output on .last => set_features(E, D)", "the dictionary of one place"),
      (
        "m with (.layers[2].output on .last => set_features(E, D)) + (.layers[2].output on .image => set_features(E, D))",
        "the dictionary of one place"
      ),
      ("m with .projector.output on .image => set_features(E, D)", "has none for `projector.output`"),
      ("m with .layers[2].output on .last => set_features(E, D[feature: 0..1])", "has both for each feature"),
      (
        "m with .layers[2].output on .last => set_features(E, D, bias: ones(model: 96))",
        "`bias` is a number, or one for"
      ),
      (
        "m with .layers[2].output on .last => set_features(ones(layer: 6, feature: 3, model: 96), D)",
        "one `encoder` of the axes feature and model, for one layer"
      ),
      (
        "open(\"\(Self.folder)/standard\", options: (feature: 1))",
        "is written as \"saelens\" for a model: save(m with open("
      ),
    ]) func whatNoDictionaryHoldsIsRefused(_ own: (source: String, reason: String)) throws {
      try inTemporaryFolder {
        let run = try start()
        let found = run.failure(of: "save(\(own.source), \"own\", as: \"saelens\")")
        #expect(found.contains(own.reason), "\(found)")
        #expect(!FileManager.default.fileExists(atPath: "own"))
      }
    }

    /// Whether a feature of topk is on depends on features that an edit does not have.
    @Test func topkFeaturesAreNotSet() throws {
      let run = try ScriptRun()
      let found = run.failure(of: "open(\"\(Self.folder)/topk\", options: (feature: 1, set: 2))")
      #expect(found.contains("depends on all 10") && found.contains("choose strength"), "\(found)")
    }
  }
}
