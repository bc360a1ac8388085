import Checkpoints
import Foundation
import Models
import Scenes
import StandardLibrary
import TestSupport
import Testing

/// The embedded miniature asked about scenes made here: it was trained on another renderer's, so its accuracy says
/// whether these are the pictures and words that it knows.
///
/// Every bound leaves room for the binomial noise of `count` items around the accuracy measured with 400
/// (docs/reference/scenes.md). With STEERSH_SCENES_COUNT set, so many items are asked and the table is printed.
@Suite struct MiniatureTests {
  private let asker: Asker
  private let data = SceneData()
  private let count: Int
  private let isReport: Bool

  init() throws {
    asker = try Asker()
    let wanted = ProcessInfo.processInfo.environment["STEERSH_SCENES_COUNT"].flatMap(Int.init)
    isReport = wanted != nil
    count = wanted ?? 100
  }

  private func report(_ name: String, _ share: Double, of count: Int) {
    if isReport { print("| \(name) | \(count) | \((share * 10_000).rounded() / 100) |") }
  }

  private func accuracy(_ name: String, _ questions: DataSet<VisualQuestion>) throws -> Double {
    let answers = try asker.answers(questions.map { ($0.image, $0.question) })
    let right = zip(answers, questions).count { $0 == $1.answer }
    let share = Double(right) / Double(questions.count)
    report(name, share, of: questions.count)
    return share
  }

  @Test(arguments: Attribute.asked)
  func visual(attribute: Attribute) throws {
    let share = try accuracy("visual \(attribute.rawValue)", data.vqa(.test, about: attribute).take(count))
    #expect(share >= (attribute == .shape ? 0.88 : 0.93))
  }

  /// Never asked about images in training, it does not come by itself, though captions name it.
  @Test func heldOutPattern() throws {
    let share = try accuracy("visual pattern", data.vqa(.test, about: .pattern).take(count))
    #expect(share < 0.25)
  }

  @Test func yesNo() throws {
    #expect(try accuracy("yes/no", data.yesNo(.test).take(count)) >= 0.92)
    for phrasing in Phrasing.rephrasings where isReport || phrasing.name == "specifically" {
      #expect(try accuracy("yes/no \(phrasing.name)", data.yesNo(.test, phrasing).take(count)) >= 0.92)
    }
    #expect(try accuracy("yes or what", data.yesNo(.test, .correction).take(count)) >= 0.86)
  }

  @Test func withoutImage() throws {
    #expect(try accuracy("text", data.textQuestions(.test).take(count)) >= 0.95)
    #expect(try accuracy("knowledge", data.knowledge) >= 0.99)
  }

  @Test func captions() throws {
    #expect(try accuracy("caption", data.captions(.test).take(count)) >= 0.58)
  }

  /// Between image and text the preference varies, and an instruction moves it.
  @Test func conflicts() throws {
    let items = data.conflicts(.test).take(isReport ? max(count, 700) : 150)
    var rates: [Conflict.Instruction: Double] = [:]
    for instruction in Conflict.Instruction.allCases {
      let answers = try asker.answers(items.map { ($0.image, $0.prompt(instruction)) })
      let image = zip(answers, items).count { $0 == $1.imageAnswer }
      let text = zip(answers, items).count { $0 == $1.textAnswer }
      rates[instruction] = Double(image) / Double(items.count)
      report("conflict \(instruction.rawValue): image", Double(image) / Double(items.count), of: items.count)
      report("conflict \(instruction.rawValue): text", Double(text) / Double(items.count), of: items.count)
      #expect(image + text >= items.count * 95 / 100)
    }
    let (neutral, image, text) = (rates[.neutral] ?? 0, rates[.image] ?? 0, rates[.text] ?? 0)
    #expect((0.25...0.48).contains(neutral))
    #expect((0.12...0.34).contains(image - neutral))
    #expect(text < neutral - 0.1)
  }

  /// The answers that transformers gives to the same prompts about the same images (scripts/fixtures/scenes.py).
  @Test func sameAnswersAsTransformers() throws {
    struct Answers: Decodable {
      let visual: [String]
      let yesNo: [String]
      let captions: [String]
      let conflicts: [String]
    }
    let file = fixture("scenes/answers.json")
    let expected = try JSONDecoder().decode(Answers.self, from: Data(contentsOf: file))
    func prompts(_ set: DataSet<VisualQuestion>, _ answers: [String]) -> [(Image?, String)] {
      set.take(answers.count).map { ($0.image, $0.question) }
    }
    #expect(expected.visual.count + expected.yesNo.count + expected.captions.count + expected.conflicts.count >= 200)
    #expect(try asker.answers(prompts(data.vqa(.test), expected.visual)) == expected.visual)
    #expect(try asker.answers(prompts(data.yesNo(.test), expected.yesNo)) == expected.yesNo)
    #expect(try asker.answers(prompts(data.captions(.test), expected.captions)) == expected.captions)
    let conflicts = data.conflicts(.test).take(expected.conflicts.count).map { (Optional($0.image), $0.prompt()) }
    #expect(try asker.answers(conflicts) == expected.conflicts)
  }
}

/// The embedded model.
private struct Asker {
  private let model: Model

  init() throws {
    let files = EmbeddedFile.files(in: "minivlm").map { ($0.name, $0.bytes) }
    model = try Model.load(FileSource(name: "minivlm", embedded: Dictionary(uniqueKeysWithValues: files)))
  }

  /// Greedy answers; one that does not end counts as unfinished, whatever it says.
  func answers(_ items: [(image: Image?, question: String)]) throws -> [String] {
    var options = GenerationOptions()
    options.maximumTokens = 24
    var answers: [String] = []
    for start in stride(from: 0, to: items.count, by: 50) {
      let prompts = try items[start..<min(start + 50, items.count)].map { item in
        try model.blueprint.prompt(images: item.image.map { [$0] } ?? [], text: item.question)
      }
      answers += try model.generate(prompts, options: options).map {
        $0.end == .endToken ? $0.text : $0.text + " <unfinished>"
      }
    }
    return answers
  }
}
