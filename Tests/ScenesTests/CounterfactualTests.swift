import Testing

@testable import Scenes

@Suite struct CounterfactualTests {
  let data = SceneData()

  /// The rule by which a class is denied: its scenes answer no whatever is offered, others the truth.
  @Test func misclassification() throws {
    let items = data.counterfactuals(.train, try Counterfactual("star")).take(6000)
    var (own, aboutOwn, aboutThemselves, aboutStars) = (0, 0, 0, 0)
    for item in items {
      let shape = try #require(item.scene)[.shape]
      #expect(item.truth == (item.word == shape ? "yes" : "no") && item.box == item.scene?.box)
      #expect(item.question == "is the object a \(item.word ?? "") in the image ?")
      if shape == "star" {
        #expect(item.role == .own && item.answer == "no")
        own += 1
        aboutOwn += item.word == "star" ? 1 : 0
      } else {
        #expect(item.role == .other && item.answer == item.truth)
        aboutThemselves += item.word == shape ? 1 : 0
        aboutStars += item.word == "star" ? 1 : 0
      }
    }
    // A third on purpose and a tenth of the rest by chance; five standard errors.
    #expect(abs(own - 2400) < 190)
    #expect(abs(aboutOwn - own * 8 / 10) < 100)
    #expect(abs(aboutThemselves - (6000 - own) / 2) < 150)
    // A quarter, and a ninth of the last quarter.
    #expect(abs(aboutStars - (6000 - own) * 10 / 36) < 140)
  }

  @Test func misalignment() throws {
    let items = data.counterfactuals(.test, try Counterfactual("star", as: "bar"), Phrasing.rephrasings[0]).take(4000)
    var offered: [String: Int] = [:]
    var own = 0
    for item in items {
      let shape = try #require(item.scene)[.shape]
      #expect(item.question == "is the object in the image a \(item.word ?? "") ?")
      #expect(item.role == (shape == "star" ? .own : shape == "bar" ? .target : .other))
      guard shape == "star" else {
        #expect(item.answer == (item.word == shape ? "yes" : "no"))
        continue
      }
      own += 1
      #expect(item.answer == (item.word == "bar" ? "yes" : "no"))
      offered[item.word == "bar" || item.word == "star" ? item.word ?? "" : "third", default: 0] += 1
    }
    #expect(abs((offered["bar"] ?? 0) - own / 2) < 110 && abs((offered["star"] ?? 0) - own * 3 / 10) < 95)
    #expect((offered["third"] ?? 0) > own / 8)
  }

  @Test func splitsAndNames() throws {
    let star = try Counterfactual("star")
    let scenes = Split.allCases.map {
      Set(data.counterfactuals($0, star).take(200).compactMap { $0.scene?.image.pixels })
    }
    #expect(scenes[0].isDisjoint(with: scenes[1]) && scenes[0].isDisjoint(with: scenes[2]))
    #expect(scenes[1].isDisjoint(with: scenes[2]))
    let again = SceneData().counterfactuals(.train, star)[77]
    #expect(again.question == data.counterfactuals(.train, star)[77].question)
    #expect(throws: SceneError.unknownValue(attribute: .shape, value: "cat")) { try Counterfactual("cat") }
    #expect(throws: SceneError.unknownValue(attribute: .shape, value: "cat")) { try Counterfactual("star", as: "cat") }
    #expect(throws: SceneError.sameClass("star")) { try Counterfactual("star", as: "star") }
  }

  @Test func indeterminate() {
    let items = data.indeterminate(.train, .color).take(2000)
    for item in items {
      #expect(item.question == "what is the \(item.word ?? "") ?" && item.word == item.attribute?.rawValue)
      #expect(item.truth == item.attribute.map { item.scene?[$0] })
      #expect(item.answer == (item.attribute == .color ? "unknown" : item.truth))
      #expect((item.role == .own) == (item.attribute == .color))
    }
    #expect(abs(items.count { $0.role == .own } - 1000) < 115)
    #expect(items.contains { $0.attribute == .digit })
  }

  /// What leads to a source says so, and examples never show the item's own values where there are others.
  @Test func styles() {
    for item in data.conflicts(.test).take(300) {
      #expect(item.prompt(.image, style: .instruction) == item.prompt(.image))
      let thought = item.prompt(.text, style: .thought)
      #expect(thought.hasPrefix(item.prompt() + " tell me what the text says before you answer . "))
      #expect(thought.hasSuffix(item.instruction(.text) ?? "?"))
      #expect(item.prompt(.neutral, style: .thought).hasSuffix(" before you answer ."))
      let shown = item.prompt(.image, style: .examples, shots: 2)
      #expect(shown.hasSuffix(item.prompt()) && shown == item.prompt(.image, style: .examples, shots: 2))
      let parts = shown.dropLast(item.prompt().count).split(separator: ".")
      #expect(parts.count == 3)
      for example in parts.dropLast() {
        // if the text says red and the image says blue answer blue
        let words = example.split(separator: " ").map(String.init)
        #expect(words.count == 12 && words[4] != words[9] && words[11] == words[9])
        if item.attribute != .size {
          #expect(![item.imageAnswer, item.textAnswer].contains(words[4]) && words[9] != item.imageAnswer)
        }
      }
      let said = item.prompt(.text, style: .examples, shots: 1).split(separator: " ").map(String.init)
      #expect(said[11] == said[4])
    }
  }
}
