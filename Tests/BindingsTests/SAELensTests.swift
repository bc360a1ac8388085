import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

extension SteeringScripts {
  /// Feature steering with dictionaries that SAELens saved, against its own encoding and decoding
  /// (scripts/fixtures/interop_saelens.py).
  @Suite struct SAELensTests {
    private static let folder = fixture("interop/saelens").path

    private func start() throws -> ScriptRun {
      let run = try ScriptRun()
      try writeScene(3)
      try run.run(
        """
        let m = load("minivlm")
        let p = prompt(image("scene.png"), "what color is the object ?")
        let standard = "\(Self.folder)/standard"
        let jumprelu = "\(Self.folder)/jumprelu"
        let gated = "\(Self.folder)/gated"
        let topk = "\(Self.folder)/topk"
        """)
      return run
    }

    @Test(arguments: [
      ("add", "open(standard, options: (feature: 3, strength: 2.5))"),
      ("add_two", "open(jumprelu, options: (feature: [1, 7], strength: [1.5, -2]))"),
      ("set", "open(standard, options: (feature: 4, set: 3))"),
      ("set_two", "open(jumprelu, options: (feature: [0, 5], set: [2, 0]))"),
      ("set_gated", "open(gated, options: (feature: [2, 3], set: [1.5, 0]))"),
      ("add_topk", "open(topk, options: (feature: [6, 8], strength: [2, -3]))"),
    ]) func answersAreSAELenss(_ own: (name: String, source: String)) throws {
      try inTemporaryFolder {
        let run = try start()
        try run.run("save(logits(m with \(own.source), p), \"logits.npy\")")
        let wanted = try Safetensors(FileBytes(path: Self.folder + "/logits.safetensors")).tensor(named: own.name)
          .floats()
        let found = try NumPyArray.read(FileBytes(path: "logits.npy")).floats().suffix(wanted.count)
        // Logits go up to 12; f32 sums in another order. The features are off at most tokens and on at some.
        let worst = zip(found, wanted).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < 1e-4, "\(own.name): \(worst)")
        // A file of ours keeps it.
        try run.run(
          """
          save(m with \(own.source), "ours.safetensors")
          let again = logits(m with open("ours.safetensors", model: m), p)
          """)
        let same = try run.run("max(abs(again - logits(m with \(own.source), p))) == 0")
        #expect(same.rendered(.short) == "true")
      }
    }

    /// Before version 6 everything stood at the top.
    @Test func olderConfigurationsSayTheSame() throws {
      try inTemporaryFolder {
        let run = try start()
        try FileManager.default.createDirectory(atPath: "older", withIntermediateDirectories: true)
        try FileManager.default.copyItem(
          atPath: Self.folder + "/standard/sae_weights.safetensors", toPath: "older/sae_weights.safetensors")
        try Data(
          """
          {"architecture": "standard", "d_in": 96, "d_sae": 10, "activation_fn_str": "relu", "apply_b_dec_to_input": true,
           "finetuning_scaling_factor": false, "context_size": 128, "model_name": "minivlm", "hook_name": "blocks.2.hook_resid_post",
           "hook_layer": 2, "hook_head_index": null, "prepend_bos": true, "dtype": "torch.float32", "normalize_activations": "none"}
          """.utf8
        ).write(to: URL(fileURLWithPath: "older/cfg.json"))
        let same = try run.run(
          """
          let o = (feature: 4, set: 3)
          max(abs(logits(m with open("older", options: o), p) - logits(m with open(standard, options: o), p))) == 0
          """)
        #expect(same.rendered(.short) == "true")
      }
    }

    @Test func theCardSaysWhatThereIs() throws {
      try inTemporaryFolder {
        let run = try start()
        try run.run("open(jumprelu)")
        for line in [
          "SAELens dictionary", "made for    minivlm", "10 features of `blocks.3.hook_mlp_out`, 96 wide, jumprelu",
          "options: (feature: 12, strength: 4)", "not mapped  the dictionary as a whole", "TransformerLens",
        ] {
          #expect(run.text.contains(line), "\(line) in\n\(run.text)")
        }
        try run.run("open(jumprelu, options: (feature: 2))")
        #expect(run.text.contains(".layers[3].mlp.output"), "\(run.text)")
        #expect(run.text.contains("strength: 1.0  (by default"), "\(run.text)")
      }
    }

    @Test(arguments: [
      ("(feature: 10)", "the option `feature` must be a number from 0 to 9, or a list of different ones, found 10"),
      ("(feature: [1, 1])", "a list of different ones"),
      ("(strength: 2)", "`strength` says how much, and not of which feature"),
      ("(feature: [1, 2], set: [1])", "the option `set` must be a number, or one for each feature, found [1]"),
      ("(feature: 1, set: 2, strength: 3)", "the option `strength` must be absent beside `set`"),
      ("(features: 1)", "has no option `features`"),
    ]) func optionsAreChecked(_ own: (options: String, message: String)) throws {
      try inTemporaryFolder {
        let found = try start().failure(of: "open(standard, model: m, options: \(own.options))")
        #expect(found.contains(own.message), "\(found)")
      }
    }

    @Test func dictionariesThatAreSomethingElseAreRefused() throws {
      try inTemporaryFolder {
        let run = try start()
        let config = try String(contentsOfFile: Self.folder + "/standard/cfg.json", encoding: .utf8)
        for (number, (old, new, message)) in [
          ("\"standard\"", "\"transcoder\"", "architecture must be \"standard\", \"jumprelu\", \"gated\", \"topk\""),
          ("\"standard\"", "\"gated\"", "b_gate"),
          (
            "\"normalize_activations\": \"none\"", "\"normalize_activations\": \"layer_norm\"",
            "normalize_activations must be \"none\""
          ),
          (
            "\"reshape_activations\": \"none\"", "\"reshape_activations\": \"hook_z\"",
            "reshape_activations must be \"none\""
          ),
          ("\"d_sae\": 10", "\"d_sae\": 11", "the tensor `W_enc` is [96, 10]"),
          ("\"d_in\": 96", "\"d_in\": 0", "d_in must be an integer from 1"),
          (
            "blocks.2.hook_resid_post", "blocks.2.hook_resid_psot",
            "`blocks.2.hook_resid_psot` is no place of this model"
          ),
          (
            "blocks.2.hook_resid_post", "blocks.7.hook_resid_post",
            "`blocks.7.hook_resid_post` is no place of this model"
          ),
          (
            "blocks.2.hook_resid_post", "blocks.2.mlp.hook_post",
            "the tensor `W_dec` is [model: 96], and at `layers[2].mlp.hidden`"
          ),
        ].enumerated() {
          let folder = "bad\(number)"
          try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
          try FileManager.default.copyItem(
            atPath: Self.folder + "/standard/sae_weights.safetensors", toPath: folder + "/sae_weights.safetensors")
          #expect(config.contains(old))
          try Data(config.replacingOccurrences(of: old, with: new).utf8).write(
            to: URL(fileURLWithPath: folder + "/cfg.json"))
          let found = run.failure(of: "open(\"\(folder)\", model: m, options: (feature: 3))")
          #expect(found.contains(message), "\(found)")
        }
      }
    }
  }
}
