import Interpreter
import Scenes

/// The sets of questions by name, and what can be asked of each.
struct QuestionSetOptions {
  enum Kind: String, CaseIterable {
    case vqa, yes_no, text, knowledge, captions, conflicts

    fileprivate var parameters: [String] {
      switch self {
      case .vqa: ["attribute", "seed"]
      case .yes_no: ["attribute", "phrasing", "seed"]
      case .conflicts: ["attribute", "prompt", "seed"]
      case .text, .captions: ["seed"]
      case .knowledge: []
      }
    }
  }

  let kind: Kind
  private var attribute: Attribute?
  private var phrasing = Phrasing.base
  private var instruction = Conflict.Instruction.neutral
  private var seed = 0

  /// - Parameter options: names and values of parameters, such as `attribute`.
  init(_ kind: Kind, _ options: [(String, Value)]) throws {
    self.kind = kind
    for (name, value) in options { try set(name, value) }
  }

  private mutating func set(_ name: String, _ value: Value) throws {
    guard kind.parameters.contains(name) else {
      let known = kind.parameters.isEmpty ? "no options" : kind.parameters.joined(separator: ", ")
      throw ScriptError(.badCall, "`\(kind.rawValue)` has no option `\(name)`; it takes \(known)")
    }
    if name == "seed" {
      guard case .int(let number) = value else { throw wrong(name, "an int", value) }
      seed = number
      return
    }
    guard let text = value.stringValue else { throw wrong(name, "a string", value) }
    switch name {
    case "attribute": attribute = try Attribute.named(text)
    case "phrasing": phrasing = try Phrasing.named(text)
    default: instruction = try Conflict.Instruction(named: text)
    }
  }

  private func wrong(_ name: String, _ expected: String, _ value: Value) -> ScriptError {
    ScriptError(.badArgument, "option `\(name)` of `\(kind.rawValue)` must be \(expected), found \(value.typePhrase)")
  }

  /// The set with these options, and with others when it is called.
  func questionSet(_ library: SceneLibrary) -> QuestionSetObject {
    let (data, attribute, phrasing, instruction) = (library.data(seed), attribute, phrasing, instruction)
    let questions: (Split) -> DataSet<VisualQuestion> =
      switch kind {
      case .vqa: { data.vqa($0, about: attribute) }
      case .yes_no: { data.yesNo($0, phrasing, about: attribute ?? .shape) }
      case .text: { data.textQuestions($0) }
      case .knowledge: { _ in data.knowledge }
      case .captions: { data.captions($0) }
      case .conflicts: { data.conflictQuestions($0, about: attribute, instruction) }
      }
    return QuestionSetObject(kind.rawValue, changed: { try changed($0, library) }, questions: questions)
  }

  private func changed(_ arguments: Arguments, _ library: SceneLibrary) throws -> QuestionSetObject {
    guard arguments.positional.isEmpty else {
      throw ScriptError(.badCall, "the options of `\(kind.rawValue)` are given by name, such as `seed: 1`")
    }
    var options = self
    for (name, value) in arguments.named { try options.set(name, value) }
    return options.questionSet(library)
  }
}

/// The data that several sets share: scenes are drawn and painted once.
final class SceneLibrary {
  private var data: [Int: SceneData] = [:]

  func data(_ seed: Int) -> SceneData {
    if let found = data[seed] { return found }
    let made = SceneData(seed: UInt64(bitPattern: Int64(seed)))
    data[seed] = made
    return made
  }
}

extension Conflict.Instruction {
  init(named name: String) throws {
    guard let instruction = Conflict.Instruction(rawValue: name) else {
      let known = Conflict.Instruction.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw ScriptError(.badArgument, "a conflict is prompted for one of \(known), found \"\(name)\"")
    }
    self = instruction
  }
}
