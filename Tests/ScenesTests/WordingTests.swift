import Foundation
import TestSupport
import Testing

@testable import Scenes

/// The wordings, their frequencies and the conflict teacher, held against the PyTorch study that the miniature comes
/// from (scripts/fixtures/wordings.py).
@Suite struct WordingTests {
  private struct Study: Decodable {
    let count: Int
    let patterns: [String: [String: Int]]
    let answersInScene: [String: Int]
    let knowledge: [String: String]
    let shares: [String: Double]
    /// Attribute, source, haze, instruction, probability.
    let teacher: [Case]

    struct Case: Decodable {
      let attribute: String
      let source: String
      let isHazy: Bool
      let instruction: String
      let probability: Double

      init(from decoder: any Decoder) throws {
        var parts = try decoder.unkeyedContainer()
        attribute = try parts.decode(String.self)
        source = try parts.decode(String.self)
        isHazy = try parts.decode(Bool.self)
        instruction = try parts.decode(String.self)
        probability = try parts.decode(Double.self)
      }
    }
  }

  private let study: Study
  private let pool = ScenePool(seed: 5)

  init() throws {
    study = try JSONDecoder().decode(Study.self, from: Data(contentsOf: fixture("scenes/wordings.json")))
  }

  /// Two samples of n draws: their counts of one pattern differ by less than five standard errors, and patterns that one
  /// of them lacks are rare in the other.
  @Test(arguments: Mix.kinds.filter { $0 != .knowledge })
  func patterns(kind: Mix.Kind) throws {
    let mix = try Mix(pool, scenes: 0..<5000, seed: 3, shares: [kind: 1])
    let theirs = try #require(study.patterns[kind.rawValue])
    var ours: [String: Int] = [:]
    var inScene = 0
    for item in mix.take(study.count) {
      #expect(item.kind == kind)
      ours[Self.pattern(of: item), default: 0] += 1
      if let scene = item.scene {
        inScene += Attribute.allCases.contains { scene[$0] == item.answer } ? 1 : 0
      }
    }
    for pattern in Set(ours.keys).union(theirs.keys) {
      let (a, b) = (Double(ours[pattern] ?? 0), Double(theirs[pattern] ?? 0))
      #expect(abs(a - b) <= 5 * (a + b).squareRoot(), "\(pattern): \(a), \(b)")
    }
    // How often the answer is the image's: the teacher of conflicts, on average.
    if kind != .text {
      let (a, b) = (Double(inScene), Double(study.answersInScene[kind.rawValue] ?? 0))
      #expect(abs(a - b) <= 5 * (a + b).squareRoot())
    }
  }

  @Test func knowledge() {
    let facts = SceneData().knowledge
    #expect(facts.count == study.knowledge.count)
    for fact in facts { #expect(study.knowledge[fact.question] == fact.answer, "\(fact.question)") }
  }

  @Test func shares() {
    // More captions, as the study recommends, so that the pattern is learned.
    for (kind, share) in Mix.standard where kind != .caption { #expect(study.shares[kind.rawValue] == share) }
    #expect(study.shares["caption"] == 0.10 && Mix.standard[.caption] == 0.15)
  }

  /// The teacher's probability in every case that can come up.
  @Test func teacher() throws {
    var expected: [String: Double] = [:]
    for item in study.teacher {
      expected["\(item.attribute) \(item.source) \(item.isHazy) \(item.instruction)"] = item.probability
    }
    #expect(expected.count == 240)
    var seen = Set<String>()
    for attribute in Attribute.allCases {
      for number in 0..<200 {
        var draws = Draws(seed: 1, stream: 2, index: number)
        let conflict = Conflict(pool[number], about: attribute, &draws, examples: draws)
        for instruction in Conflict.Instruction.allCases {
          let key = "\(attribute.rawValue) \(conflict.source.rawValue) \(conflict.scene.isHazy) \(instruction.rawValue)"
          let probability = try #require(expected[key])
          #expect(abs(conflict.imageProbability(instruction) - probability) < 1e-8, "\(key)")
          seen.insert(key)
        }
      }
    }
    #expect(seen.count == 240)
  }

  /// Marks in place of values, attributes and sources; an `I` where there is an image.
  private static func pattern(of item: VisualQuestion) -> String {
    var question = item.question
    for source in ContextSource.allCases {
      question = question.replacingOccurrences(of: source.rawValue, with: "S")
    }
    func marked(_ text: String) -> String {
      text.split(separator: " ").map {
        values.contains(String($0)) ? "#" : Attribute(rawValue: String($0)) != nil ? "@" : String($0)
      }.joined(separator: " ")
    }
    return (item.scene == nil ? "" : "I ") + marked(question) + " -> " + marked(item.answer)
  }

  private static let values = Set(Attribute.allCases.flatMap(\.values))
}
