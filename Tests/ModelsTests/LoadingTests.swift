import Checkpoints
import Foundation
@testable import Models
import Tensors
import TestSupport
import Testing

/// Folders that are read, and folders that are refused with a reason.
@Suite struct LoadingTests {
  private func refusal(_ folder: ModelFolder) throws -> String {
    let source = try folder.source
    let error = try #require(throws: (any Error).self) { try Model.load(source) }
    return "\(error)".replacingOccurrences(of: folder.url.path + "/", with: "").replacingOccurrences(
      of: folder.url.path, with: "FOLDER")
  }

  @Test func facts() throws {
    let model = try TestModels.minivlm()
    #expect(model.parameterCount == 1_106_656)
    #expect(model.dtype == .f16 && model.origin == "minivlm")
    #expect(model.configuration.family == "llava")
    #expect(model.configuration.decoder.layers == 6 && model.configuration.vision?.layers == 4)
    #expect(model.blueprint.endTokens == [2])
    let tiny = try TestModels.tiny("tinyllama")
    #expect(tiny.dtype == .f32 && tiny.blueprint.endTokens == [2, 5])
    #expect(tiny.configuration.decoder.rotaries == [RotaryConfiguration(base: 1000, scaling: .linear(factor: 2))])
    let llava = try TestModels.tiny("tinyllava").configuration
    #expect(llava.decoder.tiedEmbeddings && llava.decoder.block.headSize == 14)
    #expect(llava.vision?.featureStates == [3] && llava.vision?.featureRows == 10)
  }

  @Test func weightsAreNotCopied() throws {
    let source = TestModels.minivlmSource
    let model = try Model.load(source)
    let file = try source.bytes(of: "model.safetensors")
    let isInside = file.withBytes { bytes in
      bytes.baseAddress.map { $0..<$0 + bytes.count }?.contains(model.decoder.output.weight.pointer) ?? false
    }
    #expect(isInside)
  }

  @Test func inspectingNeedsNoWeights() throws {
    let folder = try ModelFolder("tinyllava")
    try folder.remove("model.safetensors")
    let blueprint = try Model.inspect(folder.source)
    #expect(blueprint.configuration.sites.count == 6 * 12 + 7)
    #expect(try refusal(folder).contains("model.safetensors"))
  }

  @Test func olderConfigurations() throws {
    // LLaVA-1.5's own file says little: everything else is what transformers fills in.
    let folder = try ModelFolder("tinyllava")
    let config = """
      {"model_type": "llava", "image_token_index": 32000, "text_config": {"model_type": "llama", "vocab_size": 32064,
       "max_position_embeddings": 4096, "rms_norm_eps": 1e-05}, "vision_config": {"model_type": "clip_vision_model",
       "hidden_size": 1024, "image_size": 336, "intermediate_size": 4096, "num_attention_heads": 16,
       "num_hidden_layers": 24, "patch_size": 14, "projection_dim": 768, "vocab_size": 32000}}
      """
    try config.write(to: folder.url.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
    let read = try Model.inspect(folder.source).configuration
    let (decoder, vision) = (read.decoder, try #require(read.vision))
    #expect(decoder.layers == 32 && decoder.block.width == 4096 && decoder.block.hidden == 11008)
    #expect(decoder.block.headSize == 128 && decoder.block.keyValueHeads == 32 && !decoder.tiedEmbeddings)
    #expect(decoder.rotaries == [RotaryConfiguration(base: 10000)] && decoder.block.epsilon == 1e-5)
    #expect(vision.featureStates == [23] && vision.featureRows == 576 && vision.block.activation == .quickGelu)
    #expect(read.projector?.activation == .gelu && read.projector?.bias == true && read.imageToken == 32000)
  }

  @Test func namesOfOtherVersions() throws {
    let folder = try ModelFolder("tinyllava")
    let plain = try Model.load(folder.source)
    try folder.rewrite { name, tensor in
      let old = name.replacingOccurrences(of: "model.language_model.", with: "language_model.model.")
        .replacingOccurrences(of: "model.vision_tower.vision_model.", with: "vision_tower.")
        .replacingOccurrences(of: "model.multi_modal_projector.", with: "multi_modal_projector.")
      return (old, tensor)
    }
    let renamed = try Model.load(folder.source)
    let tiny = try TinyPrompts()
    #expect(try renamed.logits(tiny.one).bits == plain.logits(tiny.one).bits)
  }

  @Test func unknownArchitectures() throws {
    let folder = try ModelFolder("tinyllama").edit("\"model_type\": \"llama\"", "\"model_type\": \"mamba\"")
    #expect(
      try refusal(folder) == "config.json: model_type is \"mamba\"; known are "
        + "gemma2, gemma3_text, gpt2, llama, llava, llava_llama, llava_mistral, llava_next, llava_phi, llava_qwen, "
        + "minigpt_v2, mistral, phi, phi3, qwen2, qwen2_5_vl, qwen2_vl, qwen3, stablelm, tinyllava")
    let tower = try ModelFolder("tinyllava").edit("clip_vision_model", "vit")
    #expect(
      try refusal(tower)
        == "config.json: vision_config.model_type must be one of clip_vision_model, dinov2, dinov2_with_registers, "
        + "eva_clip_g, siglip_vision_model, found \"vit\"")
    let text = try ModelFolder("tinyllava").edit("\"model_type\": \"llama\"", "\"model_type\": \"mamba\"")
    #expect(
      try refusal(text)
        == "config.json: text_config.model_type must be one of gemma2, gemma3_text, gpt2, llama, mistral, phi, phi3, "
        + "qwen2, qwen3, stablelm, found \"mamba\"")
  }

  @Test(arguments: [
    (
      "\"num_key_value_heads\": 1", "\"num_key_value_heads\": 2",
      "text_config.num_key_value_heads must be a divisor of num_attention_heads, 3, found 2"
    ),
    (
      "\"num_key_value_heads\": 1", "\"num_key_value_heads\": 0",
      "text_config.num_key_value_heads must be an integer from 1 to 4194304, found 0"
    ),
    (
      "\"hidden_size\": 42", "\"hidden_size\": 40",
      "text_config.hidden_size must be a multiple of num_attention_heads, 3, where head_dim is absent, found 40"
    ),
    (
      "\"hidden_size\": 42", "\"hidden_size\": 9999999999",
      "text_config.hidden_size must be an integer from 1 to 4194304, found 9999999999"
    ),
    (
      "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"",
      "text_config.hidden_act must be one of gelu, gelu_fast, gelu_new, gelu_python, gelu_pytorch_tanh, quick_gelu, relu, silu, swish, found \"mish\""
    ),
    ("\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": -1", "text_config.rms_norm_eps must be a positive number, found -1"),
    (
      "\"rope_type\": \"llama3\"", "\"rope_type\": \"proportional\"",
      "text_config.rope_parameters.rope_type must be default, linear, dynamic, yarn, longrope or llama3, found \"proportional\""
    ),
    (
      "\"vision_feature_layer\": -1", "\"vision_feature_layer\": 4",
      "vision_feature_layer must be from -4 to 3, for a tower of 3 layers, found 4"
    ),
    (
      "\"vision_feature_layer\": -1", "\"vision_feature_layer\": []",
      "vision_feature_layer must be from -4 to 3, for a tower of 3 layers, found an empty array"
    ),
    (
      "strategy\": \"full\"", "strategy\": \"cls\"",
      "vision_feature_select_strategy must be default or full, found \"cls\""
    ),
    (
      "\"image_token_index\": 4", "\"image_token_index\": 47",
      "image_token_index must be an integer from 0 to 46, found 47"
    ),
    (
      "\"patch_size\": 7", "\"patch_size\": 4000000",
      "vision_config.patch_size must be an integer from 1 to 4096, found 4000000"
    ),
    ("\"patch_size\": 7", "\"patch_size\": 22", "vision_config.image_size must be at least patch_size, 22, found 21"),
  ])
  func configurationsThatCannotBe(_ old: String, _ new: String, _ message: String) throws {
    let refused = try refusal(ModelFolder("tinyllava").edit(old, new))
    #expect(refused == "config.json: " + message)
  }

  @Test func missingTensors() throws {
    let folder = try ModelFolder("tinyllava")
    try folder.rewrite { name, tensor in name.hasSuffix("layers.1.mlp.down_proj.weight") ? nil : (name, tensor) }
    #expect(
      try refusal(folder)
        == "model.safetensors: the tensor language_model.model.layers.1.mlp.down_proj.weight is missing "
        + "(also looked for model.language_model.layers.1.mlp.down_proj.weight)")
  }

  @Test func tensorsThatDoNotFit() throws {
    let wide = try ModelFolder("tinyllava").edit("\"vocab_size\": 47", "\"vocab_size\": 48")
    #expect(
      try refusal(wide) == "model.safetensors: the tensor model.language_model.embed_tokens.weight has the shape "
        + "[47, 42], but the configuration needs [48, 42]")
    let deep = try ModelFolder("tinyllava").edit("\"image_size\": 21", "\"image_size\": 28")
    #expect(
      try refusal(deep).contains(
        "position_embedding.weight has the shape [10, 30], but the configuration needs [17, 30]"))
    let folder = try ModelFolder("tinyllava")
    try folder.rewrite { name, tensor in
      guard name.hasSuffix("norm1.weight"), name.contains("layers.2") else { return (name, tensor) }
      let flags = Tensor(shape: tensor.shape, dtype: .bool, storage: Storage(byteCount: tensor.count))
      return (name, flags)
    }
    #expect(
      try refusal(folder)
        == "model.safetensors: the tensor model.vision_tower.vision_model.encoder.layers.2.layer_norm1."
        + "weight is stored as BOOL, expected F32, F16 or BF16")
  }

  @Test func templatesAndProcessors() throws {
    let folder = try ModelFolder("tinyllava")
    try folder.edit(in: "tokenizer_config.json", "\"backend\"", "\"steersh\": {\"template\": \"chatty\"}, \"backend\"")
    #expect(
      try refusal(folder)
        == "tokenizer_config.json: steersh.template must be one of minivlm, vicuna_v1, phi, llama_2, "
        + "llava_llama_2, mistral_instruct, chatml_direct, qwen2_vl, plain, llava_plain, found \"chatty\"")
    let blind = try ModelFolder("tinyllava")
    try blind.remove("processor_config.json")
    let model = try Model.load(blind.source)
    let image = Image(width: 21, height: 21, pixels: [UInt8](repeating: 0, count: 21 * 21 * 3))
    #expect(throws: ModelError.noImageProcessor(folder: blind.url.path)) {
      try model.blueprint.prompt(images: [image], text: "w1")
    }
  }

  @Test func notAModel() throws {
    let folder = try ModelFolder("tinyllava")
    try folder.remove("config.json")
    #expect(try refusal(folder).hasPrefix("config.json: there is no such file; expected the model's configuration"))
  }

  /// Saved interventions name this hash: a change refuses every one there is.
  @Test func configurationsKeepTheirFingerprints() throws {
    let fingerprint = try TestModels.minivlm().fingerprint
    #expect(fingerprint.description.hasPrefix("llava 6×96/"), "\(fingerprint)")
  }

  /// A field that is nil, false or empty says nothing, so a later one changes no fingerprint there is.
  @Test func fingerprintsAreOfNamedFields() {
    struct Later {
      let width = 96
      let scale: Float? = nil
      let window: Int? = 7
      let isNew = false
      let isCausal = true
      let sizes: [Int] = []
      let kinds: Set<String> = ["b", "a"]
      let activation = Activation.silu
      let rotary = RotaryConfiguration.Scaling.linear(factor: 2)
    }
    #expect(
      ModelFingerprint.lines(of: Later(), at: "model").sorted() == [
        "model.activation = silu", "model.isCausal = true", "model.kinds[] = a", "model.kinds[] = b",
        "model.rotary.linear.factor = 2.0", "model.width = 96", "model.window = 7",
      ])
  }

  @Test func fingerprints() throws {
    let folder = try ModelFolder("tinyllava")
    let first = try Model.load(folder.source).fingerprint
    #expect(try Model.load(folder.source).fingerprint == first)
    #expect(ModelFingerprint(first.description) == first)
    #expect(ModelFingerprint("llava 6×96/12") == nil)
    #expect(first.difference(from: first) == nil)

    try folder.rewrite { name, tensor in
      guard name.hasSuffix("layers.2.mlp.up_proj.bias") else { return (name, tensor) }
      let storage = Storage(byteCount: tensor.count * 2)
      tensor.withUnsafeBytes {
        storage.pointer.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(storage.pointer), byteCount: $0.count)
      }
      storage.pointer.storeBytes(of: 0x3f80, toByteOffset: 20, as: UInt16.self)
      return (name, Tensor(shape: tensor.shape, dtype: tensor.dtype, storage: storage))
    }
    let trained = try Model.load(folder.source).fingerprint
    #expect(
      trained.difference(from: first) == "both are llava 3×42 with the same configuration, but their weights differ")
    try folder.edit("\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": 1e-05")
    let other = try Model.load(folder.source).fingerprint
    #expect(other.difference(from: trained) == "both are llava 3×42, but their configurations differ")
    #expect(
      try TestModels.minivlm().fingerprint.difference(from: first) == "this is a llava 6×96 and that one a llava 3×42")
  }
}
