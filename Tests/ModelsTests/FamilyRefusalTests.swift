import Checkpoints
import Foundation
@testable import Models
import Tensors
import TestSupport
import Testing

/// What the files of a family say that we do not do, and folders whose parts disagree: the error names the field, or the
/// tensor and both numbers.
@Suite struct FamilyRefusalTests {
  private func refusal(_ folder: ModelFolder) throws -> String {
    let source = try folder.source
    let error = try #require(throws: (any Error).self) { try Model.load(source) }
    return "\(error)".replacingOccurrences(of: folder.url.path + "/", with: "")
  }

  @Test(arguments: [
    ("phi", "\"qk_layernorm\": false", "\"qk_layernorm\": true", "qk_layernorm must be false"),
    ("stablelm", "\"qk_layernorm\": false", "\"qk_layernorm\": true", "qk_layernorm must be false"),
    (
      "gpt2", "\"scale_attn_by_inverse_layer_idx\": false", "\"scale_attn_by_inverse_layer_idx\": true",
      "scale_attn_by_inverse_layer_idx must be false"
    ),
    (
      "gpt2", "\"n_embd\": 30", "\"n_embd\": 31", "n_embd must be a multiple of n_head, 5, found 31"
    ),
    (
      "gemma2", "\"use_bidirectional_attention\": null", "\"use_bidirectional_attention\": true",
      "use_bidirectional_attention must be false"
    ),
    (
      "gemma3", "\"attn_logit_softcapping\": null", "\"attn_logit_softcapping\": 50.0",
      "attn_logit_softcapping must be null"
    ),
    (
      "gemma3", "\"full_attention\"\n", "\"chunked_attention\"\n",
      "layer_types[1] must be full_attention or sliding_attention, found \"chunked_attention\""
    ),
    ("qwen2", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "layer_types must be a list of 3 kinds"),
    ("mistral", "\"sliding_window\": 7", "\"sliding_window\": 0", "sliding_window must be an integer from 1"),
    (
      "phi3", "6.0", "6.0, 7.0", "rope_parameters.long_factor must be an array of 3 numbers"
    ),
    (
      "phi", "\"partial_rotary_factor\": 0.4", "\"partial_rotary_factor\": 0.3",
      "rope_parameters.partial_rotary_factor must be a share that turns an even number of the 10 features of a head"
    ),
    (
      "gemma2", "\"attn_logit_softcapping\": 3.0", "\"attn_logit_softcapping\": 0",
      "attn_logit_softcapping must be a positive number"
    ),
  ])
  func configurations(_ name: String, _ old: String, _ new: String, _ message: String) throws {
    let refused = try refusal(ModelFolder("families/\(name)").edit(old, new))
    #expect(refused.hasPrefix("config.json: " + message), "\(refused)")
  }

  /// Parts of a tensor that several weights share are checked with the tensor's own sizes.
  @Test func partsThatDoNotFit() throws {
    let fused = try ModelFolder("families/phi3").edit("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3")
    #expect(
      try refusal(fused) == "model.safetensors: the tensor model.layers.0.self_attn.qkv_proj.weight has the shape "
        + "[60, 36], but the configuration needs [72, 36]")
    let turned = try ModelFolder("families/gpt2").edit("\"n_inner\": 44", "\"n_inner\": 45")
    #expect(
      try refusal(turned) == "model.safetensors: the tensor transformer.h.0.mlp.c_fc.weight has the shape "
        + "[30, 44], but the configuration needs [30, 45]")
    let vocabulary = try ModelFolder("families/gemma2").edit("\"vocab_size\": 257", "\"vocab_size\": 256")
    #expect(
      try refusal(vocabulary) == "model.safetensors: the tensor model.embed_tokens.weight has the shape "
        + "[257, 30], but the configuration needs [256, 30]")
    let positions = try ModelFolder("families/gpt2").edit("\"n_positions\": 40", "\"n_positions\": 41")
    #expect(
      try refusal(positions) == "model.safetensors: the tensor transformer.wpe.weight has the shape "
        + "[40, 30], but the configuration needs [41, 30]")
  }

  @Test func missingShards() throws {
    let folder = try ModelFolder("tinyllama")
    try folder.remove("model-00002-of-00003.safetensors")
    let refused = try refusal(folder)
    #expect(
      refused.contains("model-00002-of-00003.safetensors") && refused.contains("there is no such file"), "\(refused)")
    // A file that another index belongs to: the tensor is named, and the file that should have it.
    let other = try ModelFolder("tinyllama")
    let (two, three) = (
      other.url.appendingPathComponent("model-00002-of-00003.safetensors"),
      other.url.appendingPathComponent("model-00003-of-00003.safetensors")
    )
    try Data(contentsOf: three).write(to: two)
    let mixed = try refusal(other)
    #expect(
      mixed.contains(
        "lm_head.weight is in model-00002-of-00003.safetensors and in model-00003-of-00003.safetensors, too"),
      "\(mixed)")
  }

  /// A tensor that several weights share, stored in a type that no kernel reads.
  @Test func partsOfAnotherType() throws {
    let folder = try ModelFolder("families/phi3")
    try folder.rewrite { name, tensor in
      guard name.hasSuffix("1.mlp.gate_up_proj.weight") else { return (name, tensor) }
      return (name, Tensor(shape: tensor.shape, dtype: .bool, storage: Storage(byteCount: tensor.count)))
    }
    #expect(
      try refusal(folder) == "model.safetensors: the tensor model.layers.1.mlp.gate_up_proj.weight is stored as BOOL, "
        + "expected F32, F16 or BF16")
  }

  /// GPT-2's first files have no prefix before their names, and tensors that nothing reads.
  @Test func olderNames() throws {
    let folder = try ModelFolder("families/gpt2")
    let model = try Model.load(folder.source)
    try folder.rewrite { name, tensor in (name.replacingOccurrences(of: "transformer.", with: ""), tensor) }
    let prompt = try FamilyFixture.prompt("a", "gpt2", model)
    #expect(try Model.load(folder.source).logits(prompt).bits == model.logits(prompt).bits)
  }

  /// Configurations as they were written before transformers 5.
  @Test(arguments: [
    (
      "phi", #""rope_theta": 10000.0, "partial_rotary_factor": 0.4, "rope_scaling": null"#
    ),
    (
      "qwen2",
      #""rope_theta": 10000.0, "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8, "beta_fast": 8.0, "beta_slow": 0.5}"#
    ),
    (
      "phi3",
      #""rope_theta": 10000.0, "rope_scaling": {"type": "longrope", "short_factor": [1.0, 1.1, 1.3], "long_factor": [1.2, 2.5, 6.0]}"#
    ),
    (
      "gemma3",
      #""rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "sliding_window_pattern": 2, "rope_scaling": {"rope_type": "linear", "factor": 8.0}"#
    ),
  ])
  func olderConfigurations(_ name: String, _ fields: String) throws {
    let folder = try ModelFolder("families/\(name)")
    let model = try Model.load(folder.source)
    let path = folder.url.appendingPathComponent("config.json")
    var config = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
    for key in ["rope_parameters", "layer_types"] { config[key] = nil }
    let old = try #require(JSONSerialization.jsonObject(with: Data("{\(fields)}".utf8)) as? [String: Any])
    config.merge(old) { $1 }
    try JSONSerialization.data(withJSONObject: config).write(to: path)
    #expect(try Model.load(folder.source).configuration == model.configuration)
  }
}
