import Foundation
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
}

@Suite struct ConflictStyleTests {
  private let conflicts = SceneData().conflicts(.test)

  @Test func thought() {
    for item in conflicts.take(50) {
      #expect(item.prompt(.image, style: .instruction) == item.prompt(.image))
      #expect(
        item.prompt(.text, style: .thought) == "see what the text says before you answer . \(item.prompt(.text))")
      #expect(item.prompt(.neutral, style: .thought).hasSuffix("before you answer . \(item.prompt())"))
    }
  }

  /// Earlier turns are conflicts answered from the source that they lead to, and never show the item's own values
  /// where there are others.
  @Test func examples() throws {
    for item in conflicts.take(300) {
      let text = item.prompt(.image, style: .examples)
      #expect(
        text == item.prompt(.image, style: .examples, shots: 2) && text.hasSuffix(" user : \(item.prompt(.image))"))
      let turns = text.components(separatedBy: " user : ")
      #expect(turns.count == 3)
      for turn in turns.dropLast() {
        let said = try Self.said(turn, item)
        let shown = try #require(turn.split(separator: " ").last.map(String.init))
        #expect(shown != said && item.attribute.values.contains(shown) && item.attribute.values.contains(said))
        #expect(turn.contains(" \(item.instruction(.image) ?? "?") assistant : "))
        if item.attribute != .size {
          #expect(![item.imageAnswer, item.textAnswer].contains { $0 == said || $0 == shown })
        }
      }
      let toText = item.prompt(.text, style: .examples, shots: 1).components(separatedBy: " user : ")
      #expect(try toText.count == 2 && toText[0].hasSuffix(" assistant : \(Self.said(toText[0], item))"))
    }
  }

  /// What a turn's sentence claims of the item's attribute.
  private static func said(_ turn: String, _ item: Conflict) throws -> String {
    let claim = try #require(turn.components(separatedBy: "the \(item.attribute.rawValue) is ").dropFirst().first)
    return try #require(claim.split(separator: " ").first.map(String.init))
  }
}
