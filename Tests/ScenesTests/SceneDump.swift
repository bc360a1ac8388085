import Foundation
import Scenes
import Testing

/// Writes items for `scripts/fixtures/scenes.py`, which asks transformers: with STEERSH_DUMP_SCENES set to a folder,
/// images go to `images.rgb` as raw 48 × 48 × 3 samples and what is asked about them to `items.jsonl`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["STEERSH_DUMP_SCENES"] != nil, "only on request"))
struct SceneDump {
  private struct Item: Encodable {
    let group: String
    let prompt: String
    let answer: String
    var textAnswer: String?
    var probability: Double?
    /// Position in `images.rgb`; nil without an image.
    let image: Int?
    var attribute: String?
  }

  @Test func dump() throws {
    let folder = URL(
      fileURLWithPath: try #require(ProcessInfo.processInfo.environment["STEERSH_DUMP_SCENES"]), isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let count = 400
    let data = SceneData()
    var images = Data()
    for scene in data.scenes(.test).take(700) { images.append(contentsOf: scene.image.pixels) }
    try images.write(to: folder.appendingPathComponent("images.rgb"))

    var items: [Item] = []
    func add(_ group: String, _ questions: some Sequence<VisualQuestion>) {
      for (index, item) in questions.enumerated() {
        items.append(
          Item(
            group: group, prompt: item.question, answer: item.answer, image: item.scene == nil ? nil : index,
            attribute: item.attribute?.rawValue))
      }
    }
    add("visual", data.vqa(.test).take(count))
    for attribute in Attribute.allCases {
      add("visual \(attribute.rawValue)", data.vqa(.test, about: attribute).take(count))
    }
    add("yes/no base", data.yesNo(.test).take(count))
    for phrasing in Phrasing.rephrasings {
      add("yes/no \(phrasing.name)", data.yesNo(.test, phrasing).take(count))
    }
    add("yes/no correction", data.yesNo(.test, .correction).take(count))
    add("text", data.textQuestions(.test).take(count))
    add("knowledge", data.knowledge)
    add("caption", data.captions(.test).take(count))
    for instruction in Conflict.Instruction.allCases {
      for (index, item) in data.conflicts(.test).take(700).enumerated() {
        items.append(
          Item(
            group: "conflict \(instruction.rawValue)", prompt: item.prompt(instruction), answer: item.imageAnswer,
            textAnswer: item.textAnswer, probability: item.imageProbability(instruction), image: index,
            attribute: item.attribute.rawValue))
      }
    }
    let encoder = JSONEncoder()
    var lines = Data()
    for item in items {
      lines.append(try encoder.encode(item))
      lines.append(0x0A)
    }
    try lines.write(to: folder.appendingPathComponent("items.jsonl"))
  }
}
