/// Who says what a text claims, from the most to the least credible.
public enum ContextSource: String, CaseIterable, Sendable {
  case officialRecord = "the official record says"
  case caption = "the caption says"
  case note = "a note says"
  case somebody = "somebody thinks"
  case wildGuess = "a wild guess says"

  /// How easily the image overrules the text, added to the teacher's log-odds before the temperature.
  public var doubt: Double {
    switch self {
    case .officialRecord: -1.5
    case .caption: -0.7
    case .note: 0
    case .somebody: 0.7
    case .wildGuess: 1.5
    }
  }
}

/// A sentence that claims one or two facts about a scene: `a note says the color is red and the count is two .`
struct Context {
  let text: String
  let source: ContextSource

  init(_ facts: [(attribute: Attribute, value: String)], _ draws: inout Draws) {
    source = draws.pick(ContextSource.allCases)
    let claims = facts.map { "the \($0.attribute.rawValue) is \($0.value)" }
    text = "\(source.rawValue) \(claims.joined(separator: " and ")) ."
  }
}

extension Attribute {
  /// A value other than the given one, each equally likely.
  func other(than value: String, _ draws: inout Draws) -> String {
    let place = draws.below(values.count - 1)
    return values[place < (values.firstIndex(of: value) ?? values.count) ? place : place + 1]
  }

  /// Another attribute.
  func another(_ draws: inout Draws) -> Attribute {
    let place = draws.below(Attribute.allCases.count - 1)
    return Attribute.allCases[place < ordinal ? place : place + 1]
  }
}
