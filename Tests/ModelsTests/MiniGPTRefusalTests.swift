import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Models

/// Parts of MiniGPT-v2 that are missing or do not fit each other.
@Suite struct MiniGPTRefusalTests {
  private static let checkpoint = "minigptv2_checkpoint.pth"

  @Test(arguments: [
    ("llama", ["/llama: there is no such folder", "llama_model", "a link will do"]),
    ("llama/config.json", ["/llama/config.json", "the language model's configuration"]),
    ("llama/tokenizer.model", ["/llama/tokenizer.json"]),
    ("llama/model-00002-of-00003.safetensors", ["model-00002-of-00003.safetensors"]),
    ("eva_vit_g.pth", ["/eva_vit_g.pth", "vision_model"]), (checkpoint, ["/" + checkpoint, "ckpt"]),
  ])
  func partsThatAreMissing(_ part: String, _ words: [String]) throws {
    let folder = try MiniGPTFolder()
    try folder.remove(part)
    let refusal = try folder.refusal
    for word in words { #expect(refusal.contains(word), "\(refusal)") }
  }

  @Test(arguments: [
    (#""lora_r": 4"#, #""lora_r": 8"#, [checkpoint, "lora_A", "has rank 4", "lora_r is 8"]),
    (#""lora_r": 4"#, #""lora_r": 0"#, [checkpoint, "layers.0.self_attn.q_proj.lora_A.default.weight", "no part"]),
    (#""lora_r": 4"#, #""lora_r": -1"#, ["config.json", "lora_r", "-1"]),
    (#""lora_alpha": 6"#, #""lora_alpha": "x""#, ["config.json", "lora_alpha"]),
    (
      #""lora_r": 4"#, #""lora_r": 4, "lora_target_modules": ["q_proj", "k_proj", "v_proj"]"#,
      [checkpoint, "layers.0.self_attn.k_proj.lora_A", "missing"]
    ),
    (
      #""lora_r": 4"#, #""lora_r": 4, "lora_target_modules": ["q_proj"]"#,
      [checkpoint, "layers.0.self_attn.v_proj.lora_A", "no part"]
    ),
    (
      #""num_hidden_layers": 2"#, #""num_hidden_layers": 4"#,
      ["eva_vit_g.pth", "3 blocks", "blocks.2.", "expected are 4"]
    ),
    (#""num_hidden_layers": 2"#, #""num_hidden_layers": 1"#, ["eva_vit_g.pth", "3 blocks", "expected are 1"]),
    (#""hidden_size": 24"#, #""hidden_size": 30"#, [checkpoint, "llama_proj.weight", "[32, 96]", "[32, 120]"]),
    (#""image_size": 56"#, #""image_size": 42"#, ["image_size", "multiple of 4"]),
    (#""image_size": 56"#, #""image_size": 56000"#, ["image_size", "at most 256 patches", "56000"]),
    (#""llama_model": "llama""#, #""llama_model": "../llama""#, ["../llama", "outside"]),
    (#""ckpt": "minigptv2_checkpoint.pth","#, "", ["config.json", "ckpt"]),
    (#""llama_model": "llama","#, "", ["config.json", "llama_model"]),
  ])
  func partsThatDisagree(_ old: String, _ new: String, _ words: [String]) throws {
    let refusal = try MiniGPTFolder().edit(old, new).refusal
    for word in words { #expect(refusal.contains(word), "\(refusal)") }
  }

  /// Every field, replaced by every kind of nonsense: the folder is refused, or it loads and runs.
  @Test func everyFieldSurvives() throws {
    let folder = try MiniGPTFolder()
    let original = try String(contentsOf: fixture("minigpt/config.json"), encoding: .utf8)
    let lines = original.components(separatedBy: "\n")
    let picture = try Image(FileBytes(path: fixture("minigpt/picture.png").path))
    var (ran, refused) = (0, 0)
    for (index, line) in lines.enumerated() {
      guard let colon = line.firstRange(of: ": "), !line.hasSuffix("{") else { continue }
      for value in ["null", "0", "-1", "3", "4194304", "9223372036854775807", "1e300", "true", "\"x\"", "[]", "{}"] {
        var damaged = lines
        damaged[index] = line[..<colon.upperBound] + value + (line.hasSuffix(",") ? "," : "")
        try folder.write(damaged.joined(separator: "\n"), to: "config.json")
        do {
          let model = try folder.model
          _ = try model.logits(model.blueprint.prompt(images: [picture], text: "what is it?"))
          ran += 1
        } catch is CheckpointError { refused += 1 } catch is ModelError { refused += 1 }
      }
    }
    #expect(ran > 2 && refused > 80, "\(ran) ran, \(refused) refused")
  }

  @Test func checkpointsOfOtherModels() throws {
    let folder = try MiniGPTFolder()
    func refuse(
      _ words: [String], _ file: String = MiniGPTRefusalTests.checkpoint, key: String? = "model",
      _ change: ([(name: String, tensor: Tensor)]) throws -> [(name: String, tensor: Tensor)]
    ) throws {
      let folder = try MiniGPTFolder()
      try folder.rewrite(file, key: key, change)
      let refusal = try folder.refusal
      for word in [file] + words { #expect(refusal.contains(word), "\(refusal)") }
    }
    func zeros(_ sizes: [Int]) throws -> Tensor {
      try Tensor.zeros(sizes.enumerated().map { Axis("axis\($0)", $1) })
    }
    try refuse(["llama_proj.weight is missing"]) { _ in [("model.layers.0.weight", try zeros([2]))] }
    // MiniGPT-4 projects what a Q-Former gives.
    try refuse(["llama_proj.weight", "[32, 768]", "[32, 96]"]) { _ in [("llama_proj.weight", try zeros([32, 768]))] }
    try refuse(["query_tokens", "no part"]) { $0 + [("query_tokens", try zeros([1, 32, 24]))] }
    try refuse(["layers.2.self_attn.q_proj.lora_A.weight", "no part"]) {
      $0 + [("llama_model.base_model.model.model.layers.2.self_attn.q_proj.lora_A.weight", try zeros([4, 32]))]
    }
    try refuse(["layers.1.self_attn.v_proj.lora_A", "missing"]) {
      $0.filter { !$0.name.contains("1.self_attn.v_proj.lora_A") }
    }
    try refuse(["layers.1.self_attn.v_proj.lora_B", "missing"]) {
      $0.filter { !$0.name.contains("1.self_attn.v_proj.lora_B") }
    }
    try refuse(["lora_A", "[4, 40]", "[4, 32]"]) { tensors in
      try tensors.map { $0.name.contains("lora_A") ? ($0.name, try zeros([4, 40])) : $0 }
    }
    try refuse(["llama_proj.bias", "int64"]) { tensors in
      tensors.map { $0.name == "llama_proj.bias" ? ($0.name, $0.tensor.to(.i64)) : $0 }
    }
    // The tower too may be another.
    try refuse(["pos_embed", "[1, 16, 24]", "[1, 65, 24]"], "eva_vit_g.pth", key: nil) { tensors in
      try tensors.map { $0.name == "pos_embed" ? ($0.name, try zeros([1, 16, 24])) : $0 }
    }
    try refuse(["blocks.1.gamma_1", "no part"], "eva_vit_g.pth", key: nil) {
      $0 + [("blocks.1.gamma_1", try zeros([24]))]
    }
    try refuse(["blocks.1.norm1.weight is missing"], "eva_vit_g.pth", key: nil) {
      $0.filter { $0.name != "blocks.1.norm1.weight" }
    }
    try refuse(["blocks.900.norm1.weight", "901 blocks", "expected are 2"], "eva_vit_g.pth", key: nil) {
      $0 + [("blocks.900.norm1.weight", try zeros([24])), ("blocks.9223372036854775807.norm1.weight", try zeros([24]))]
    }
    // A norm and a head are published along with other towers of this kind.
    try folder.rewrite("eva_vit_g.pth", key: nil) {
      $0 + [("norm.weight", try zeros([24])), ("head.weight", try zeros([3, 24]))]
    }
    _ = try folder.model
    try folder.write("version https://git-lfs.github.com/spec/v1\n", to: Self.checkpoint)
    #expect(try folder.refusal.contains(Self.checkpoint))
  }

  /// A norm that was trained along, and a whole tower, are taken from the checkpoint.
  @Test func theCheckpointComesFirst() throws {
    let folder = try MiniGPTFolder()
    try folder.rewrite(Self.checkpoint, key: "model") { tensors in
      let norm = Tensor(Shape([Axis("model", 24)])) { $0.update(repeating: 2) }
      return tensors + ["ln_vision.weight", "ln_vision.bias", "visual_encoder.blocks.0.norm1.bias"].map { ($0, norm) }
    }
    let model = try folder.model
    let sites = [Site(.vision, .featuresNormBias), Site(.vision, layer: 0, .attentionNormBias)]
    for site in sites { #expect(try model.weight(at: site).to(.f32).floats == Array(repeating: 2, count: 24)) }
    #expect(
      try model.weight(at: Site(.vision, layer: 1, .attentionNormBias)).to(.f32).floats
        != Array(repeating: 2, count: 24))
  }

  /// A configuration alone does not say enough.
  @Test func configurationsAreReadWithTheirParts() throws {
    let folder = try MiniGPTFolder()
    let config = try Field(FileBytes(path: folder.url.appendingPathComponent("config.json").path))
    let error = try #require(throws: (any Error).self) { try ModelConfiguration(config) }
    #expect("\(error)".contains("llama_model") && "\(error)".contains("give the folder instead"))
  }
}
