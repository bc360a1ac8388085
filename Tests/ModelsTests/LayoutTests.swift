import Checkpoints
import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// Folders as projects other than transformers lay them out, and folders whose parts disagree.
@Suite struct LayoutTests {
  /// A copy of one of the towers' fixtures with another configuration and other names.
  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-layout-\(UUID().uuidString)")
    private let original: URL

    init(_ name: String) throws {
      original = fixture("towers/\(name)")
      try FileManager.default.copyItem(at: original, to: url)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var source: FileSource { get throws { try FileSource(folder: url.path) } }

    @discardableResult func edit(_ old: String, _ new: String) throws -> Self {
      let path = url.appendingPathComponent("config.json")
      let text = try String(contentsOf: path, encoding: .utf8)
      #expect(text.contains(old), "\(old)")
      guard let range = text.range(of: old) else { return self }
      try text.replacingCharacters(in: range, with: new).write(to: path, atomically: true, encoding: .utf8)
      return self
    }

    /// - Parameter name: what a tensor is called in `file`, nil for one that is left out.
    @discardableResult func write(_ file: String, _ name: (String) -> String?) throws -> Self {
      let all = try Safetensors(FileBytes(path: original.appendingPathComponent("model.safetensors").path))
      let tensors = try all.entries.compactMap { entry in
        try name(entry.name).map { (name: $0, tensor: try all.tensor(named: entry.name)) }
      }
      try Safetensors.write(tensors, to: url.appendingPathComponent(file).path)
      return self
    }

    var refusal: String { get throws { "\(try #require(throws: (any Error).self) { try Model.load(source) })" } }
  }

  /// LLaVA-1.6 as its authors write it: the language model's configuration and names, the tower in a folder of its own.
  private func original() throws -> Folder {
    let folder = try Folder("llava_next")
    try folder.write("model.safetensors") { name in
      if name.hasPrefix("vision_tower.") { return nil }
      if name == "image_newline" { return "model.image_newline" }
      return name.replacingOccurrences(of: "language_model.", with: "")
        .replacingOccurrences(of: "multi_modal_projector.linear_1", with: "model.mm_projector.0")
        .replacingOccurrences(of: "multi_modal_projector.linear_2", with: "model.mm_projector.2")
    }
    try FileManager.default.createDirectory(
      at: folder.url.appendingPathComponent("vision_tower"), withIntermediateDirectories: true)
    try folder.write("vision_tower/model.safetensors") { name in
      name.hasPrefix("vision_tower.") ? "vision_model." + name.dropFirst("vision_tower.".count) : nil
    }
    let config = """
      {"model_type": "llava_llama", "hidden_size": 32, "intermediate_size": 44, "num_hidden_layers": 2, "vocab_size": 83,
       "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256, "rms_norm_eps": 1e-5,
       "mm_vision_tower": "openai/clip-vit-large-patch14-336", "mm_projector_type": "mlp2x_gelu", "mm_hidden_size": 24,
       "mm_vision_select_layer": -2, "mm_vision_select_feature": "patch", "mm_use_im_start_end": false,
       "image_aspect_ratio": "anyres", "mm_patch_merge_type": "spatial_unpad"}
      """
    try config.write(to: folder.url.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
    let tower = """
      {"model_type": "clip_vision_model", "hidden_size": 24, "intermediate_size": 34, "num_hidden_layers": 3,
       "num_attention_heads": 3, "image_size": 21, "patch_size": 7}
      """
    try tower.write(
      to: folder.url.appendingPathComponent("vision_tower/config.json"), atomically: true, encoding: .utf8)
    return folder
  }

  @Test func theOriginalLayout() throws {
    let folder = try original()
    let model = try Model.load(folder.source)
    // The folder is gone when nobody holds it.
    defer { withExtendedLifetime(folder) {} }
    let own = try TowerCase.all("llava_next")[0]
    let ids = try own.prompt.ids.map { $0 == 4 ? -200 : $0 }
    let prompt = try model.blueprint.prompt(ids: ids, images: [own.image])
    #expect(try model.logits(prompt).bits == own.model.logits(own.prompt).bits)
    #expect(try model.blueprint.prompt(images: [own.image], text: "", template: .plain).ids.contains(-200))
    // An image's placeholder is nothing by itself.
    #expect(throws: ModelError.tokenOutOfRange(id: -200, vocabulary: 83)) { try model.blueprint.prompt(ids: ids) }
  }

  /// As the authors' code leaves a folder behind its two stages, and as CLIP is published: nothing but pickles.
  @Test func theOriginalLayoutInTorchFiles() throws {
    let folder = try original()
    defer { withExtendedLifetime(folder) {} }
    let expected = try Model.load(folder.source)
    let prompt = try expected.blueprint.prompt(
      ids: TowerCase.all("llava_next")[0].prompt.ids.map { $0 == 4 ? -200 : $0 },
      images: [TowerCase.all("llava_next")[0].image])
    let tower = folder.url.appendingPathComponent("vision_tower")
    try toTorch(tower)
    #expect(FileManager.default.fileExists(atPath: tower.appendingPathComponent("pytorch_model.bin").path))
    // Copied beside the model's own weights, a projector is not read.
    let projector = folder.url.appendingPathComponent("mm_projector.bin")
    try TorchFile.write([(name: "model.mm_projector.0.weight", tensor: Tensor(1))], to: projector.path)
    #expect(try Model.load(folder.source).logits(prompt).bits == expected.logits(prompt).bits)
    // The language model as it was, the projector in its own file.
    let whole = try Safetensors(folder.source)
    let tensors = try whole.entries.map { (name: $0.name, tensor: try whole.tensor(named: $0.name)) }
    try toTorch(folder.url) { $0.contains("mm_projector") ? nil : $1 }
    try TorchFile.write(tensors.filter { $0.name.contains("mm_projector") }, to: projector.path)
    let model = try Model.load(folder.source)
    #expect(try model.logits(prompt).bits == expected.logits(prompt).bits)
    #expect(model.fingerprint == expected.fingerprint)
    try FileManager.default.removeItem(at: projector)
    #expect(try folder.refusal.contains("model.mm_projector.0.weight"))
  }

  @Test func theOriginalLayoutWithoutItsTower() throws {
    let folder = try original()
    try FileManager.default.removeItem(at: folder.url.appendingPathComponent("vision_tower"))
    // The named tower is known, so its weights are looked for; another one has to be given.
    #expect(try folder.refusal.contains("model.vision_tower.vision_tower.vision_model."))
    try folder.edit("openai/clip-vit-large-patch14-336", "someone/else")
    let refusal = try folder.refusal
    #expect(refusal.contains("mm_vision_tower") && refusal.contains("a folder vision_tower inside the model's"))
  }

  @Test(arguments: [
    ("llava_next", #""image_size": 21"#, #""image_size": 28"#, ["position_embedding.weight", "[10, 24]", "[17, 24]"]),
    ("llava_next", #""image_token_index": 4"#, #""image_token_index": 83"#, ["image_token_index", "82", "83"]),
    ("llava_next", #""vision_feature_layer": -2"#, #""vision_feature_layer": 4"#, ["vision_feature_layer", "-4 to 3"]),
    (
      "llava_next", #""vision_feature_select_strategy": "default""#, #""vision_feature_select_strategy": "full""#,
      ["vision_feature_select_strategy", "default"]
    ),
    (
      "llava_qwen2", #""vision_feature_layer": ["#, #""vision_feature_layer": [-1, "#,
      ["linear_1.weight", "[32, 48]", "[32, 72]"]
    ),
    (
      "llava_phi", #""model_type": "siglip_vision_model""#, #""model_type": "vit""#,
      ["vision_config.model_type", "siglip"]
    ),
    ("llava_phi", #""model_type": "phi""#, #""model_type": "gpt2""#, ["text_config.model_type", "learned positions"]),
    ("llava_phi", #""model_type": "phi""#, #""model_type": "rwkv""#, ["text_config.model_type", "llama", "phi"]),
    ("llava_dinov2", #""use_swiglu_ffn": false"#, #""use_swiglu_ffn": true"#, ["use_swiglu_ffn", "giant"]),
    ("llava_dinov2", #""mlp_ratio": 2"#, #""mlp_ratio": 3"#, ["mlp.fc1.weight", "[48, 24]", "[72, 24]"]),
    ("tinyllava_factory", "mlp2x_gelu", "qformer", ["connector_type", "qformer", "mlp3x_gelu"]),
    ("tinyllava_factory", "mlp2x_gelu", "mlp3x_gelu", ["connector._connector.4.weight"]),
    ("tinyllava_factory", #""patch""#, #""cls""#, ["vision_feature_select_strategy", "cls_patch"]),
    ("minigpt_v2", #""image_size": 28"#, #""image_size": 42"#, ["image_size", "multiple of 4"]),
    ("minigpt_v2", #""hidden_size": 24"#, #""hidden_size": 30"#, ["visual_encoder.", "24", "30"]),
  ])
  func partsThatDisagree(_ name: String, _ old: String, _ new: String, _ words: [String]) throws {
    let refusal = try Folder(name).edit(old, new).refusal
    for word in words { #expect(refusal.contains(word), "\(refusal)") }
  }

  @Test func adaptersAreMergedFirst() throws {
    let folder = try Folder("minigpt_v2")
    let name = "llama_model.base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight"
    let all = try Safetensors(folder.source)
    let tensors = try all.entries.map { (name: $0.name, tensor: try all.tensor(named: $0.name)) }
    try Safetensors.write(
      tensors + [(name: name, tensor: try Tensor.zeros([Axis("a", 4), Axis("b", 32)]))],
      to: folder.url.appendingPathComponent("model.safetensors").path)
    #expect(try folder.refusal.contains(name))
  }

  /// A model that takes pictures whole is not given cells, and a tower without other positions no other size.
  @Test func picturesThatDoNotFit() throws {
    let (next, phi) = (try TowerCase.all("llava_next")[0], try TowerCase.all("llava_phi")[0])
    let qwen = try TowerCase.all("llava_qwen2")[0].model
    #expect(throws: ModelError.tiledImage(cells: 3)) {
      try qwen.blueprint.prompt(images: [next.image], text: "", template: .plain)
    }
    #expect(throws: ModelError.imageSize(found: [3, 23, 23], expected: [3, 21, 21])) {
      try qwen.blueprint.prompt(images: [phi.image], text: "", template: .plain)
    }
    // A prompt that another model laid out.
    #expect(throws: (any Error).self) { try qwen.logits(next.prompt) }
    let wide = try TowerCase.all("llava_dinov2")
    let other = Prompt(
      ids: try wide[0].prompt.ids, context: try wide[0].prompt.context, images: try wide[1].prompt.images)
    #expect(throws: (any Error).self) { try wide[0].model.logits(other) }
  }

  /// A tower asked to interpolate takes pictures of other sizes; the picture it was made for gives the same bits.
  @Test func interpolatedWhereTheFileSaysSo() throws {
    let folder = try Folder("llava_phi").edit(
      #""model_type": "siglip_vision_model""#, #""model_type": "siglip_vision_model", "interpolate_pos_encoding": true"#
    )
    let (model, own) = (try Model.load(folder.source), try TowerCase.all("llava_phi")[0])
    #expect(try model.logits(own.prompt).bits == own.model.logits(own.prompt).bits)
    let pixels = try Tensor.zeros([Axis("channel", 3), Axis("row", 14), Axis("column", 35)])
    let image = PreparedImage(
      pixels: pixels, geometry: ImageGeometry(originalWidth: 35, originalHeight: 14, width: 35, height: 14))
    let prompt = try model.blueprint.prompt(images: [image], text: "", template: .plain)
    #expect(prompt.context.images[0].positions.count == 10)
    #expect(try model.logits(prompt).floats.allSatisfy { $0.isFinite })
  }
}
