import Interpreter
import Scenes

extension NativeTable {
  /// The bodies of `stdlib/scenes.steer`.
  mutating func addScenes() {
    self["scenes"] = { call in
      let seed = UInt64(bitPattern: Int64(try call.int("seed")))
      let generator = SceneGenerator(seed: seed)
      return .object(
        DataSetObject("scenes(seed: \(try call.int("seed")))", count: try call.int("count", atLeast: 0)) {
          .object(SceneObject(generator[$0]))
        })
    }
    self["question_set"] = { call in
      let name = try call.string("name")
      guard let kind = QuestionSetObject.Kind(rawValue: name) else {
        let known = QuestionSetObject.Kind.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw call.wrongValue("name", "must be one of \(known), found \"\(name)\"")
      }
      return .object(QuestionSetObject(kind))
    }
  }
}

/// `vqa`, `conflicts`, …: a data set with its three splits.
final class QuestionSetObject: HostObject {
  enum Kind: String, CaseIterable { case vqa, yes_no, text, knowledge, captions, conflicts }

  private let kind: Kind
  private let data = SceneData()

  init(_ kind: Kind) { self.kind = kind }

  override var typeName: String { "question set" }
  override var memberNames: [String] { Split.allCases.map(\.rawValue) }

  override func member(_ name: String, in session: Session) throws -> Value? {
    Split(rawValue: name).map { .object(set($0)) }
  }

  private func set(_ split: Split) -> DataSetObject {
    func listing(_ items: DataSet<VisualQuestion>) -> DataSetObject {
      DataSetObject("\(kind.rawValue).\(split.rawValue)", count: items.count) { .object(QuestionObject(items[$0])) }
    }
    switch kind {
    case .vqa: return listing(data.vqa(split))
    case .yes_no: return listing(data.yesNo(split))
    case .text: return listing(data.textQuestions(split))
    case .knowledge: return listing(data.knowledge)
    case .captions: return listing(data.captions(split))
    case .conflicts:
      let items = data.conflicts(split)
      return DataSetObject("conflicts.\(split.rawValue)", count: items.count) {
        .object(QuestionObject(items[$0], .neutral))
      }
    }
  }

  override func rendered(_ style: RenderingStyle) -> String {
    "question set \(kind.rawValue): " + Split.allCases.map(\.rawValue).joined(separator: ", ")
  }
}
