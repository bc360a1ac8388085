import Checkpoints
import Models
import TestSupport
import Tensors
import Testing

/// Prompts know what each position is.
@Suite struct PromptTests {
  private let blueprint: Blueprint
  init() throws { blueprint = try Model.inspect(TestModels.minivlmSource) }

  private func scene() throws -> Image { try Image(path: fixture("minivlm/scene0.png").path) }

  @Test func positionsHaveRolesAndCharacters() throws {
    let text = "what color  is the object ?"
    let prompt = try blueprint.prompt(images: [scene()], text: text)
    let context = prompt.context
    let roles = context.tokens.map(\.role)
    let expected: [TokenContext.Role] =
      [.system, .system, .system] + [TokenContext.Role](repeating: .image, count: 16)
      + [TokenContext.Role](repeating: .text, count: 6) + [.template, .template]
    #expect(roles == expected)
    #expect(context.promptCount == prompt.ids.count && context.tokens.map(\.id) == prompt.ids)
    #expect(context.userText == text)
    let words = context.tokens.filter { $0.role == .text }
    let bytes = Array(text.utf8)
    for word in words {
      let range = try #require(word.characters)
      #expect(String(decoding: bytes[range], as: UTF8.self) == word.text)
    }
    #expect(words.map(\.text) == ["what", "color", "is", "the", "object", "?"])
    #expect(context.tokens.filter { $0.role != .text }.allSatisfy { $0.characters == nil })
    #expect(context.tokens.first?.text == "<bos>" && context.tokens.last?.text == ":")
  }

  @Test func patchesKnowTheirPixels() throws {
    let small = try blueprint.prompt(images: [scene()], text: "describe the image .")
    let image = try #require(small.context.images.first)
    let tile = try #require(image.tiles.first)
    #expect(image.positions == 3..<19 && image.features == Array(0..<16) && image.tiles.count == 1)
    #expect(tile.area == TokenContext.PatchArea(rows: 0..<4, columns: 0..<4) && tile.patchSize == 12)
    #expect(tile.scale == (1, 1) && tile.offset == (0, 0) && tile.classTokens == 1 && tile.dropped == 1)
    // Another size is brought to the tower's, and the patches keep pointing at the picture as given.
    let picture = Image(width: 96, height: 24, pixels: [UInt8](repeating: 90, count: 96 * 24 * 3))
    let wide = try blueprint.prompt(images: [picture], text: "describe the image .")
    #expect(wide.ids == small.ids)
    #expect(try #require(wide.context.images.first?.tiles.first).scale == (2, 0.5))
  }

  @Test func severalImagesStandOneAfterTheOther() throws {
    let prompt = try blueprint.prompt(images: [scene(), scene()], text: "what is it ?")
    #expect(prompt.context.images.map(\.positions) == [3..<19, 19..<35])
    #expect(prompt.images.count == 2)
  }

  @Test func templates() throws {
    func words(_ template: Template) throws -> String {
      blueprint.tokenizer.decode(try blueprint.prompt(text: "what is it ?", template: template).ids, skipSpecial: false)
    }
    #expect(blueprint.template == .minivlm)
    #expect(try words(.minivlm) == "<bos> user : what is it ? assistant :")
    #expect(try words(.plain) == "<bos> what is it ?")
    let custom = Template(name: "mine", "the image : {{ messages[0].text }}")
    #expect(try words(custom) == "the image : what is it ?")
    // The miniature's few words do not reach for another model's conversation.
    #expect(throws: ModelError.self) { try words(.vicuna) }
    #expect(try Template.named("plain") == .plain)
    #expect(throws: ModelError.unknownTemplate("mine", known: Template.all.map(\.name))) {
      try Template.named("mine")
    }
    #expect(try Model.inspect(FileSource(folder: fixture("tinyllava").path)).template == .vicuna)
    #expect(try Model.inspect(FileSource(folder: fixture("tinyllama").path)).template == .plain)
  }

  @Test func textsThatCannotBe() throws {
    #expect(throws: ModelError.unknownWords(["zebra", "Object"])) {
      try blueprint.prompt(text: "is the zebra Object a zebra ?")
    }
    #expect(throws: ModelError.placeholderInText("<image>")) { try blueprint.prompt(text: "what is <image> ?") }
    let long = String(repeating: "a ", count: 300)
    let tooLong = try #require(throws: ModelError.self) { try blueprint.prompt(text: long) }
    #expect(tooLong == .promptTooLong(tokens: 305, maximum: 256))
    #expect("\(tooLong)".contains("305 tokens") && "\(tooLong)".contains("at most 256"))
    #expect(try blueprint.prompt(text: "").ids.count == 5)
  }

  @Test func readyIds() throws {
    let prompt = try blueprint.prompt(ids: [1, 6, 4, 70])
    #expect(prompt.context.tokens.map(\.role) == [.system, .text, .text, .text])
    #expect(prompt.context.images.isEmpty)
    #expect(throws: ModelError.tokenOutOfRange(id: 162, vocabulary: 162)) { try blueprint.prompt(ids: [1, 162]) }
    #expect(throws: ModelError.tokenOutOfRange(id: -1, vocabulary: 162)) { try blueprint.prompt(ids: [-1]) }
    #expect(throws: ModelError.emptyPrompt) { try blueprint.prompt(ids: []) }
    let image = try blueprint.prepare(scene())
    #expect(throws: ModelError.imageTokens(found: 3, expected: 16, images: 1)) {
      try blueprint.prompt(ids: [1, 4, 4, 4, 9], images: [image])
    }
    let patches = [Int](repeating: 4, count: 16)
    let whole = try blueprint.prompt(ids: [1] + patches + [9], images: [image])
    #expect(whole.context.images.map(\.positions) == [1..<17])
    #expect(throws: ModelError.splitImage(16)) {
      try blueprint.prompt(ids: [4, 9] + patches.dropLast(), images: [image])
    }
  }

  @Test func aPlaceholderWithoutAnImageIsAToken() throws {
    let model = try TestModels.minivlm()
    let embeddings = Site(.decoder, .embeddings)
    let recorder = Recorder([embeddings])
    try model.forward([blueprint.prompt(ids: [4, 9])], listener: recorder)
    let rows = try #require(recorder.seen[embeddings]?.first).floats
    let table = try Safetensors(TestModels.minivlmSource).tensor(named: "language_model.model.embed_tokens.weight")
    let halves = table.withUnsafeBytes { Array($0.bindMemory(to: Float16.self)) }
    #expect(rows.prefix(96).map { Float16($0) } == Array(halves[4 * 96..<5 * 96]))
  }

  @Test func imagesNeedAModelThatSees() throws {
    let text = try TestModels.tiny("tinyllama")
    #expect(throws: ModelError.noVision) { try text.blueprint.prompt(images: [scene()], text: "w1 w2") }
    // A prompt that another model made.
    let prompt = try blueprint.prompt(images: [scene()], text: "a")
    let foreign = Prompt(ids: prompt.ids.map { min($0, 36) }, context: prompt.context, images: prompt.images)
    #expect(throws: ModelError.noVision) { try text.logits(foreign) }
    #expect(throws: ModelError.imageSize(found: [3, 48, 48], expected: [3, 21, 21])) {
      try TestModels.tiny("tinyllava").logits(foreign)
    }
    let noContext = TokenContext(tokens: prompt.context.tokens, promptCount: prompt.ids.count, images: [])
    #expect(throws: ModelError.imageTokens(found: 0, expected: 16, images: 1)) {
      try TestModels.minivlm().logits(Prompt(ids: prompt.ids, context: noContext, images: prompt.images))
    }
  }
}
