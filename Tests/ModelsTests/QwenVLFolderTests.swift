import Checkpoints
import Foundation
import Models
import Tensors
import TestSupport
import Testing

/// Folders of Qwen2-VL and Qwen2.5-VL: the layouts that they have had, what is saved, prompts, and what is refused.
@Suite struct QwenVLFolderTests {
  /// Files of transformers 4.52 and later, as some tools write them, and configurations of before.
  @Test(arguments: QwenVLCase.names, [false, true]) func otherNamesAreTheSameModel(_ name: String, flat: Bool) throws {
    let own = try QwenVLCase(name)
    let folder = try ModelFolder("qwenvl/\(name)")
    if flat {
      let path = folder.url.appendingPathComponent("config.json")
      let config = try Field(JSON.parse(FileBytes(path: path.path)), file: "config.json")
      var entries = try config.object().entries.filter { !["text_config"].contains($0.0) }
      entries += try config["text_config"].object().entries.filter { key, _ in
        !["model_type", "rope_parameters"].contains(key) && !entries.contains { $0.0 == key }
      }
      // Before transformers 5 the embedding's parameters were two fields.
      entries.append(("rope_theta", .integer(500)))
      entries.append(
        (
          "rope_scaling",
          .object(["type": .string("mrope"), "mrope_section": .array([.integer(1), .integer(2), .integer(2)])])
        ))
      let flat = JSON.object(JSON.Object(entries))
      try flat.text(pretty: true, file: path.path).write(to: path, atomically: true, encoding: .utf8)
    } else {
      try folder.rewrite { name, tensor in
        let inner = name.hasPrefix("model.") ? "model.language_model." + name.dropFirst("model.".count) : name
        return (name.hasPrefix("visual.") ? "model." + name : inner, tensor)
      }
    }
    let other = try QwenVLCase(name, folder: folder.url)
    #expect(other.model.configuration == own.model.configuration)
    for (left, right) in zip(own.prompts, other.prompts) {
      #expect(try own.model.logits(left).bits == other.model.logits(right).bits)
    }
  }

  /// What is saved is the model: the same names and shapes, the same numbers.
  @Test(arguments: QwenVLCase.names) func savedModelsAreTheSame(_ name: String) throws {
    let own = try QwenVLCase(name)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("steersh-qwenvl-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try own.model.save(to: folder.path)
    let again = try QwenVLCase(name, folder: folder)
    #expect(again.model.fingerprint == own.model.fingerprint)
    #expect(try again.model.logits(again.prompts[2]).bits == own.model.logits(own.prompts[2]).bits)
    let (old, new) = (
      try Safetensors(FileBytes(path: fixture("qwenvl/\(name)/model.safetensors").path)),
      try Safetensors(FileBytes(path: folder.appendingPathComponent("model.safetensors").path))
    )
    #expect(Set(new.entries.map { "\($0.name) \($0.shape)" }) == Set(old.entries.map { "\($0.name) \($0.shape)" }))
    #expect(own.model.parameterCount == old.entries.reduce(0) { $0 + $1.shape.reduce(1, *) })
    #expect(own.model.configuration.weightCount == own.model.parameterCount)
    let random = try Model.random(FileSource(folder: fixture("qwenvl/\(name)").path), key: RandomKey(seed: 3))
    #expect(random.configuration.weightSites == own.model.configuration.weightSites)
    #expect(try random.logits(own.prompts[2]).floats.allSatisfy { $0.isFinite })
  }

  /// The processor's sizes, the chat template's tokens, and a placeholder for each cell.
  @Test(arguments: QwenVLCase.names) func promptsAreTheChatTemplates(_ name: String) throws {
    let own = try QwenVLCase(name)
    let pixels = (0..<3 * 50 * 30).map { UInt8($0 * 7 % 251) }
    let image = try own.model.blueprint.prepare(Image(width: 50, height: 30, pixels: pixels))
    // 50 × 30 pixels are nearest to 4 × 2 cells of 14.
    #expect(image.tiles[0].pixels.shape.sizes == [3, 28, 56])
    let prompt = try own.model.blueprint.prompt(images: [image, image], text: "w3 w5")
    var expected = try own.fixture.integers("prompt/ids")
    let place = try #require(expected.firstIndex(of: 5))
    expected.replaceSubrange(
      place...place + 1, with: Array(repeating: 5, count: 8) + [4, 3] + Array(repeating: 5, count: 8) + [4])
    #expect(prompt.ids == expected)
    #expect(prompt.context.images.map(\.positions) == [place..<place + 8, place + 10..<place + 18])
    #expect(prompt.context.tokens.filter { $0.role == .text }.map(\.text) == ["w3", "w5"])
    #expect(try own.model.logits(prompt).floats.allSatisfy { $0.isFinite })
    // A folder's own chat template, which writes the image token itself, gives the same.
    let folder = try ModelFolder("qwenvl/\(name)")
    let text =
      "{% for m in messages %}{% if loop.first and m.role != 'system' %}<|im_start|>system\nYou are a helpful "
      + "assistant.<|im_end|>\n{% endif %}<|im_start|>{{ m.role }}\n{% for part in m.content %}{% if part.type == 'image' %}"
      + "<|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in part %}{{ part.text }}{% endif %}{% endfor %}"
      + "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    try text.write(to: folder.url.appendingPathComponent("chat_template.jinja"), atomically: true, encoding: .utf8)
    let other = try Model.load(folder.source)
    let same = try other.blueprint.prompt(images: [image, image], text: "w3 w5")
    #expect(same.ids == prompt.ids && other.blueprint.template.name == "chat_template")
    #expect(same.context.images.map(\.positions) == prompt.context.images.map(\.positions))
  }

  @Test(arguments: [
    (
      "\"mrope_section\": [\n        1,", "\"mrope_section\": [\n        2,",
      "mrope_section must be numbers whose sum is 5"
    ),
    ("\"out_hidden_size\": 30", "\"out_hidden_size\": 31", "out_hidden_size must be the decoder's width, 30, found 31"),
    ("\"window_size\": 28", "\"window_size\": 13", "window_size must be at least 14 pixels"),
    ("\"num_heads\": 2", "\"num_heads\": 4", "num_heads must be a number of heads of 4, 8, 12"),
    (
      "\"fullatt_block_indexes\": [\n      1\n", "\"fullatt_block_indexes\": [\n      -1\n",
      "fullatt_block_indexes must be"
    ),
    ("\"image_token_id\": 5", "\"image_token_id\": 83", "image_token_id must be an integer from 0"),
  ])
  func configurationsThatCannotBe(_ old: String, _ new: String, _ message: String) throws {
    let folder = try ModelFolder("qwenvl/qwen2_5_vl").edit(old, new)
    let source = try folder.source
    let error = try #require(throws: (any Error).self) { try Model.load(source) }
    #expect("\(error)".contains(message), "\(error)")
  }

  @Test func picturesAndVideosThatCannotBe() throws {
    let own = try QwenVLCase("qwen2_vl")
    let odd = TestModels.prepared(
      Tensor(Shape([Axis("channel", 3), Axis("row", 28), Axis("column", 35)])) { $0.update(repeating: 0) })
    #expect(throws: ModelError.imageCells(found: [3, 28, 35], channels: 3, cell: [14, 14])) {
      try own.model.blueprint.prompt(images: [odd], text: "w1")
    }
    #expect(throws: ModelError.video(token: "<|video_pad|>")) { try own.model.blueprint.prompt(ids: [1, 3, 6, 4]) }
    #expect(throws: ModelError.video(token: "<|video_pad|>")) {
      try own.model.blueprint.prompt(text: "w1 <|video_pad|>")
    }
    // A picture that the prompt does not know.
    var prompt = own.prompts[0]
    prompt.images = [own.pictures[1].tiles[0].pixels]
    #expect(throws: ModelError.self) { try own.model.logits(prompt) }
  }

  /// Rows of the tower: window by window, in each cell by cell, in each patch by patch.
  @Test func patchesStandInTheirOrder() throws {
    func order(_ name: String, _ picture: Int) throws -> [Int] {
      let tile = try QwenVLCase(name).prompts[picture].context.images[0].tiles[0]
      return (0..<tile.area.count).map(tile.patch)
    }
    let cells = try order("qwen2_vl", 1)
    #expect(Array(cells.prefix(12)) == [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13])
    let windows = try order("qwen2_5_vl", 0)
    // 3 × 5 cells in windows of 2 × 2: the third window has one column, the fourth one row.
    #expect(Array(windows.prefix(16)) == [0, 1, 10, 11, 2, 3, 12, 13, 20, 21, 30, 31, 22, 23, 32, 33])
    #expect(Array(windows[32..<40]) == [8, 9, 18, 19, 28, 29, 38, 39])
    #expect(Array(windows[40..<48]) == [40, 41, 50, 51, 42, 43, 52, 53])
    #expect(windows.sorted() == Array(0..<60))
  }
}
