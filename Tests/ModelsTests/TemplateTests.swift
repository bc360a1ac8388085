import Checkpoints
import TestSupport
import Tensors
import Testing

@testable import Models

/// Conversations are laid out as the released code lays them out, and every token knows who wrote it.
@Suite struct TemplateTests {
  private let blueprint: Blueprint
  init() throws { blueprint = try Model.inspect(TestModels.minivlmSource) }

  private func picture() throws -> PreparedImage {
    try blueprint.prepare(Image(path: fixture("minivlm/scene0.png").path))
  }

  private static let grey = Image(width: 21, height: 21, pixels: [UInt8](repeating: 99, count: 21 * 21 * 3))

  private func rendered(_ template: Template, _ conversation: Conversation) throws -> String {
    try template.rendered(conversation, blueprint.tokenizer).text.string
  }

  /// A copy of the miniature's folder with a chat template.
  private func folder(_ template: String, file: String = "chat_template.jinja") throws -> ModelFolder {
    let folder = try ModelFolder("tinyllava")
    try folder.write(template, to: file)
    return folder
  }

  /// `named.json` has what LLaVA's `conversation.py` and TinyLLaVA's `PhiTemplate` print.
  @Test func namedTemplatesEqualTheReleasedOnes() throws {
    let root = try Field(FileBytes(path: fixture("templates/named.json").path))
    let image = try picture()
    var checked = 0
    for (name, _) in try root["templates"].object().entries {
      for (title, expected) in try root["templates"][name].object().entries {
        let said = root["conversations"][title]
        let turns = try said["turns"].array().map { turn in
          let images = Array(repeating: image, count: try turn["images"].integer())
          let text = try turn["text"].string()
          return try turn["role"].string() == "user" ? Conversation.Turn.user(text, images: images) : .assistant(text)
        }
        let system = said["system"].exists ? try said["system"].string() : nil
        let text = try rendered(.named(name), Conversation(system: system, turns))
        #expect(text.hasPrefix("<bos>"))
        let shown = text.dropFirst(5).split(separator: "\u{FFFC}", omittingEmptySubsequences: false).joined(
          separator: "<image>")
        #expect(JSON.string(shown) == expected, "\(name), \(title)")
        checked += 1
      }
    }
    #expect(checked == 38)
  }

  @Test func turnsHaveRoles() throws {
    let image = try picture()
    let conversation = Conversation([
      .user("what color is the object ?", images: [image]), .assistant("red"), .user("is it a star ?", images: [image]),
    ])
    let prompt = try blueprint.prompt(conversation)
    let patches = [TokenContext.Role](repeating: .image, count: 16)
    let expected: [TokenContext.Role] =
      [.system, .system, .system] + patches + Array(repeating: .text, count: 6)
      + [.template, .template, .text, .template, .template] + patches + Array(repeating: .text, count: 5)
      + [.template, .template]
    #expect(prompt.context.tokens.map(\.role) == expected)
    #expect(prompt.context.images.map(\.positions) == [3..<19, 30..<46])
    #expect(prompt.context.userText == "what color is the object ?\nred\nis it a star ?")
    let bytes = Array(prompt.context.userText.utf8)
    for token in prompt.context.tokens where token.role == .text {
      #expect(String(decoding: bytes[try #require(token.characters)], as: UTF8.self) == token.text)
    }
    #expect(prompt.context.tokens.last?.text == ":")
    // What ends with an answer is not asked for another.
    let answered = try blueprint.prompt(Conversation([.user("is it a star ?"), .assistant("red")]))
    #expect(answered.context.tokens.last?.text == "red")
  }

  @Test func aFoldersTemplateIsTheDefault() throws {
    let llava =
      "{% for m in messages %}{{ 'w1 ' }}{% for c in m.content | selectattr('type', 'equalto', 'image') %}{{ '<image> w2 ' }}"
      + "{% endfor %}{% for c in m.content | selectattr('type', 'equalto', 'text') %}{{ c.text | trim }}{% endfor %}"
      + "{% endfor %}{{ ' w9' if add_generation_prompt }}"
    let folder = try folder(llava)
    let blueprint = try Model.inspect(folder.source)
    #expect(blueprint.template.name == "chat_template" && blueprint.template.form == .parts)
    let image = try blueprint.prepare(Self.grey)
    let prompt = try blueprint.prompt(images: [image, image], text: "  w5 w6 ")
    let roles = prompt.context.tokens.map(\.role)
    #expect(roles.filter { $0 == .text }.count == 2 && roles.last == .template)
    #expect(prompt.context.images.count == 2)
    let words = prompt.context.tokens.filter { $0.role == .text }
    #expect(words.map(\.characters) == [2..<4, 5..<7])
    // The same words in the template are the template's.
    let text = try blueprint.prompt(text: "w1 w9")
    #expect(text.context.tokens.map(\.role) == [.system, .text, .text, .template])
  }

  @Test func whereTemplatesAreRead() throws {
    let config = try ModelFolder("tinyllava")
    try config.edit(
      in: "tokenizer_config.json", "\"backend\"",
      "\"chat_template\": [{\"name\": \"default\", \"template\": \"{{ messages[0].content }} w1\"}, "
        + "{\"name\": \"tool_use\", \"template\": \"w2\"}], \"backend\"")
    let named = try Model.inspect(config.source)
    #expect(named.template.text == "{{ messages[0].content }} w1" && named.template.form == .string)
    #expect(try named.prompt(text: "w5").context.tokens.map(\.text).suffix(2) == ["w5", "w1"])
    try config.write("{\"chat_template\": \"w3 {{ messages[0].content }}\"}", to: "chat_template.json")
    #expect(try Model.inspect(config.source).template.text == "w3 {{ messages[0].content }}")
    try config.write("w4 {{ messages[0].content }}", to: "chat_template.jinja")
    #expect(try Model.inspect(config.source).template.text == "w4 {{ messages[0].content }}")
    try config.edit(in: "tokenizer_config.json", "\"backend\"", "\"steersh\": {\"template\": \"plain\"}, \"backend\"")
    #expect(try Model.inspect(config.source).template == .plain)
  }

  @Test func badTemplatesSayWhere() throws {
    func refusal(_ template: String, images: Int = 0, system: String? = nil) throws -> String {
      let folder = try folder(template)
      let blueprint = try Model.inspect(folder.source)
      let image = try blueprint.prepare(Self.grey)
      let conversation = Conversation(
        system: system, [.user("w5", images: Array(repeating: image, count: images)), .assistant("w6"), .user("w7")])
      let error = try #require(throws: (any Error).self) { try blueprint.prompt(conversation) }
      return "\(error)".components(after: "chat_template.jinja:")
    }
    #expect(try refusal("{{ messages[0].content }}\n{% if %}") == "2:7: expected a value, found \"%}\"")
    #expect(
      try refusal("{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}", system: "w1")
        == "1:41: the template refuses this conversation: no system")
    #expect(try refusal("w1").hasSuffix("leaves out the text of turn 1; name another template"))
    let texts = "{% for m in messages %}{{ m.content ~ ' ' }}{% endfor %}<image>"
    #expect(try refusal(texts).contains("lays out 1 image, but the conversation has 0"))
    let parts = "{% for m in messages %}{% for c in m.content %}{{ c.text ~ ' ' }}{% endfor %}{% endfor %}"
    #expect(try refusal(parts, images: 1).contains("lays out 0 images, but the conversation has 1"))
    #expect(try refusal("{{ messages | tojson").hasPrefix("1:1: expected \"}}\" to end this tag"))
  }
}

extension String {
  /// What follows the last `mark`, or the whole text.
  fileprivate func components(after mark: String) -> String {
    ranges(of: mark).last.map { String(self[$0.upperBound...]) } ?? self
  }
}
