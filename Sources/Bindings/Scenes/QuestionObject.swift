import Interpreter
import Scenes
import Syntax

/// An item of a data set of questions, as a record whose fields are made when they are read.
final class QuestionObject: HostObject {
  let item: VisualQuestion
  /// Fields that `with` set.
  private let changes: RecordObject?

  init(_ item: VisualQuestion, changes: RecordObject? = nil) {
    self.item = item
    self.changes = changes
  }

  override var typeName: String { "question" }

  override func member(_ name: String, in session: Session) throws -> Value? { field(name) }

  private func field(_ name: String) -> Value? {
    if let changed = changes?[name] { return changed }
    switch name {
    case "image": return item.scene.map { .object(ImageObject($0)) } ?? .null
    case "question": return .string(item.question)
    case "answer": return .string(item.answer)
    case "attribute": return item.attribute.map { .string($0.rawValue) } ?? .null
    case "kind": return .string(item.kind.rawValue)
    case "scene": return item.scene.map { .object(SceneObject($0)) } ?? .null
    case "box": return item.box.map { Value($0) } ?? .null
    case "word": return item.word.map { .string($0) } ?? .null
    case "truth": return item.truth.map { .string($0) } ?? .null
    case "role": return item.role.map { .string($0.rawValue) } ?? .null
    case "weight": return .float(item.weight)
    case "end_weight": return .float(item.endWeight)
    default: return item.conflict.flatMap { field(name, $0) }
    }
  }

  private func field(_ name: String, _ conflict: Conflict) -> Value? {
    switch name {
    case "image_answer": .string(conflict.imageAnswer)
    case "text_answer": .string(conflict.textAnswer)
    case "context": .string(conflict.context)
    case "source": .string(conflict.source.rawValue)
    case "teacher": .string(conflict.teacherAnswer(item.kind.instruction))
    case "probability": .float(conflict.imageProbability(item.kind.instruction))
    default: nil
    }
  }

  override var memberNames: [String] {
    var names = ["image", "question", "answer", "attribute", "kind", "scene", "box", "word", "weight", "end_weight"]
    if item.truth != nil { names += ["truth", "role"] }
    if item.conflict != nil {
      names += ["image_answer", "text_answer", "context", "source", "teacher", "probability"]
    }
    return names + (changes?.names.filter { !names.contains($0) } ?? [])
  }

  /// `item with (answer: "no")`: the same item with other fields.
  override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? {
    guard op == .with, !swapped, let other = other.object as? RecordObject else { return nil }
    return .object(QuestionObject(item, changes: changes?.merging(other) ?? other))
  }

  override func isEqual(to other: Object) -> Bool {
    guard let other = other as? QuestionObject, other.memberNames == memberNames else { return false }
    return memberNames.allSatisfy { name in
      guard let mine = field(name), let theirs = other.field(name) else { return false }
      return Equality.areEqual(mine, theirs)
    }
  }

  override func rendered(_ style: RenderingStyle) -> String {
    let picture = field("image")?.isNull == false ? "‹image› " : ""
    return "question: " + picture + (field("question")?.displayed ?? "") + " → " + (field("answer")?.displayed ?? "")
  }
}

extension VisualQuestion.Kind {
  /// What a conflict of this kind tells the reader to go by.
  var instruction: Conflict.Instruction {
    switch self {
    case .conflictImage: .image
    case .conflictText: .text
    default: .neutral
    }
  }
}
