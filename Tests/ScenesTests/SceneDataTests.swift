import Checkpoints
import StandardLibrary
import Testing

@testable import Scenes

@Suite struct SceneDataTests {
  let data = SceneData()

  /// Words that the miniature's tokenizer knows, read from the file that ships with it.
  static func vocabulary() throws -> Tokenizer {
    let files = EmbeddedFile.files(in: "minivlm").map { ($0.name, $0.bytes) }
    return try Tokenizer(FileSource(name: "minivlm", embedded: Dictionary(uniqueKeysWithValues: files)))
  }

  @Test func everyWordIsInTheVocabulary() throws {
    let tokenizer = try Self.vocabulary()
    var texts: [String] = Questions.captions + Questions.fromImage + Questions.fromText
    for attribute in Attribute.allCases {
      texts += attribute.values + Questions.about(attribute)
      texts += Phrasing.all.map { $0.question("star", of: attribute) }
    }
    texts += [VisualQuestion.leftOpen]
    texts += data.knowledge.flatMap { [$0.question, $0.answer] }
    for split in Split.allCases {
      texts += data.conflicts(split).take(200).flatMap { item in
        Conflict.Style.allCases.flatMap { style in
          Conflict.Instruction.allCases.map { item.prompt($0, style: style) }
        } + [item.imageAnswer, item.textAnswer]
      }
      for set in [
        data.vqa(split), data.yesNo(split, .correction), data.textQuestions(split), data.captions(split),
        data.counterfactuals(split, try Counterfactual("star", as: "bar"), Phrasing.rephrasings[6]),
        data.indeterminate(split, .color), try Mix(data.pool(split), scenes: 0..<100).take(1000),
      ] {
        texts += set.prefix(1000).flatMap { [$0.question, $0.answer] }
      }
    }
    for word in Set(texts.flatMap { $0.split(separator: " ") }) {
      #expect(tokenizer.id(of: String(word)) != nil, "\(word)")
    }
  }

  @Test func sameItemEveryTime() {
    let (first, second) = (data.vqa(.test), SceneData(seed: 0).vqa(.test))
    for index in [0, 3999, 17] {
      #expect(first[index].question == second[index].question && first[index].image == second[index].image)
    }
    #expect(data.vqa(.train).count == 40_000 && data.conflicts(.test).count == 4000)
    #expect(data.vqa(.test).take(10).count == 10 && data.vqa(.test).take(-1).isEmpty)
    #expect(Array(data.vqa(.test).take(3)).count == 3)
  }

  /// Scene i is the same in all sets of a split, so that an image need not be run twice.
  @Test func setsShareScenes() {
    let scene = data.scenes(.validation)[5].image
    #expect(data.vqa(.validation)[5].image == scene && data.conflicts(.validation)[5].image == scene)
    #expect(data.yesNo(.validation)[5].image == scene && data.captions(.validation)[5].image == scene)
    // Not only equal: what was made of a scene once can be found again by the scene.
    #expect(data.vqa(.test)[7].scene === data.conflicts(.test)[7].scene && data.vqa(.test)[7].scene?.number == 7)
  }

  @Test func splitsShareNothing() {
    var seen = Set<[UInt8]>()
    for split in Split.allCases { for scene in data.scenes(split).take(300) { seen.insert(scene.image.pixels) } }
    for scene in SceneGenerator(seed: 0).take(300) { seen.insert(scene.image.pixels) }
    for scene in SceneData(seed: 1).scenes(.train).take(300) { seen.insert(scene.image.pixels) }
    #expect(seen.count == 1500)
    let texts = Split.allCases.map { data.textQuestions($0).take(5).map(\.question) }
    #expect(Set(texts).count == 3)
  }

  @Test func visualQuestions() {
    var attributes = Set<Attribute>()
    for item in data.vqa(.train).take(300) {
      #expect(item.kind == .visual && item.attribute.map { item.scene?[$0] } == item.answer)
      if let attribute = item.attribute { attributes.insert(attribute) }
      #expect(item.box != nil)
    }
    // The pattern is held back: the miniature was never asked about it in an image.
    #expect(attributes == Set(Attribute.asked))
    #expect(data.vqa(.test, about: .pattern)[0].attribute == .pattern)
    #expect(data.vqa(.test, about: .digit)[0].box == data.scenes(.test)[0].digitBox)
    #expect(data.vqa(.test, about: .background)[0].box == SceneBox(x0: 0, y0: 0, x1: 48, y1: 48))
  }

  @Test func yesNo() throws {
    for (phrasing, no) in [(Phrasing.base, true), (Phrasing.rephrasings[6], true), (.correction, false)] {
      let items = data.yesNo(.test, phrasing).take(1000)
      let yes = items.count { $0.answer == "yes" }
      #expect(abs(yes - 500) < 80)
      for item in items {
        guard let shape = item.scene?[.shape] else { continue }
        let offersTruth = item.question.split(separator: " ").contains(Substring(shape))
        #expect(item.answer == (offersTruth ? "yes" : no ? "no" : shape))
        #expect(item.word.map { item.question.split(separator: " ").contains(Substring($0)) } == true)
      }
    }
    // The same item in another phrasing differs in its words alone.
    let (base, other) = (data.yesNo(.test)[4], data.yesNo(.test, Phrasing.rephrasings[0])[4])
    #expect(base.answer == other.answer && base.word == other.word && base.question != other.question)
    #expect(data.yesNo(.test, about: .color)[0].question.hasPrefix("is the color "))
    #expect(data.yesNo(.test, Phrasing.rephrasings[0], about: .color)[0].question.hasPrefix("is the color "))
    #expect(try Phrasing.named("visible").question("moon") == "is there a moon visible in the image ?")
    #expect(Phrasing.rephrasings.count == 7 && Set(Phrasing.all.map { $0.question("star") }).count == 9)
    #expect(throws: SceneError.unknownPhrasing("rude")) { try Phrasing.named("rude") }
  }

  @Test func textQuestions() {
    for item in data.textQuestions(.test).take(300) {
      #expect(item.scene == nil && item.image == nil && item.box == nil)
      guard let attribute = item.attribute else { continue }
      #expect(item.question.contains("the \(attribute.rawValue) is \(item.answer)"))
    }
  }

  @Test func knowledge() {
    let facts = data.knowledge
    #expect(facts.count == 177)
    // "what is zero minus zero ?" and so on: no question is asked twice.
    #expect(Set(facts.map(\.question)).count == 177)
    let answers = Dictionary(facts.map { ($0.question, $0.answer) }, uniquingKeysWith: { first, _ in first })
    #expect(answers["what is four plus five ?"] == "nine")
    #expect(answers["what is seven minus two ?"] == "five")
    #expect(answers["what comes before one ?"] == "zero")
    #expect(answers["what do you get if you mix white and red ?"] == "pink")
  }

  @Test func conflicts() {
    var sources = Set<ContextSource>()
    var seconds = 0
    for item in data.conflicts(.train).take(500) {
      #expect(item.imageAnswer == item.scene[item.attribute] && item.textAnswer != item.imageAnswer)
      #expect(item.context.contains("the \(item.attribute.rawValue) is \(item.textAnswer)"))
      #expect(item.context.hasPrefix(item.source.rawValue) && item.context.hasSuffix(" ."))
      #expect(item.prompt() == "\(item.context) \(item.question)")
      #expect(item.prompt(.image).hasPrefix(item.prompt()) && item.prompt(.text).contains("text"))
      #expect(item.attribute != .pattern)
      sources.insert(item.source)
      if item.context.contains(" and the ") { seconds += 1 }
    }
    #expect(sources.count == 5 && abs(seconds - 200) < 60)
    #expect(data.conflicts(.test, about: .shape).take(20).allSatisfy { $0.attribute == .shape })
  }

  @Test func teacher() throws {
    let item = try #require(
      data.conflicts(.test, about: .color).first { $0.source == .note && !$0.scene.isHazy })
    // sigmoid((0 + 0 + 0.4) / 0.5), and with ±0.9 in the brackets.
    #expect(abs(item.imageProbability() - 0.689974) < 1e-6)
    #expect(abs(item.imageProbability(.image) - 0.930862) < 1e-6)
    #expect(abs(item.imageProbability(.text) - 0.268941) < 1e-6)

    let items = data.conflicts(.test).take(2000)
    let expected = items.reduce(0) { $0 + $1.imageProbability() } / 2000
    let drawn = items.count { $0.teacherAnswer() == $0.imageAnswer }
    // Four standard errors at most.
    #expect(abs(Double(drawn) / 2000 - expected) < 0.045)
    // Under one and the same fate an instruction only ever helps its own side.
    for item in items.take(300) where item.teacherAnswer() == item.imageAnswer {
      #expect(item.teacherAnswer(.image) == item.imageAnswer)
    }
  }
}
