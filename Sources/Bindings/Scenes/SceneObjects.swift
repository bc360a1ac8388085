import Checkpoints
import Interpreter
import Scenes

/// A scene as a value: its picture, its attributes, and where things are.
final class SceneObject: HostObject {
  let scene: Scene
  private let picture: ImageObject

  init(_ scene: Scene) {
    self.scene = scene
    picture = ImageObject(scene.image)
  }

  override var typeName: String { "scene" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    if let attribute = Attribute(rawValue: name) { return .string(scene[attribute]) }
    switch name {
    case "image": return .object(picture)
    case "box": return Value(scene.box)
    case "digit_box": return Value(scene.digitBox)
    case "hazy": return .bool(scene.isHazy)
    case "caption": return .string(scene.caption)
    case "attributes": return .record(Attribute.allCases.map { ($0.rawValue, .string(scene[$0])) })
    default: return nil
    }
  }

  override var memberNames: [String] {
    ["image", "box", "digit_box", "hazy", "caption", "attributes"] + Attribute.allCases.map(\.rawValue)
  }

  override func rendered(_ style: RenderingStyle) -> String {
    let line = "scene: \(scene.caption)" + (scene.isHazy ? " (hazy)" : "")
    guard style.form == .full, style.colored else { return line }
    return line + "\n" + scene.image.drawn(columns: min(style.width, 48))
  }
}

/// A question of a data set as a value.
final class QuestionObject: HostObject {
  private let fields: [(String, Value)]
  private let scene: SceneObject?
  private let conflict: Conflict?

  /// A question with its answer.
  init(_ item: VisualQuestion) {
    scene = item.scene.map { SceneObject($0) }
    conflict = nil
    fields = [
      ("question", .string(item.question)), ("answer", .string(item.answer)),
      ("attribute", item.attribute.map { .string($0.rawValue) } ?? .null), ("kind", .string(item.kind.rawValue)),
      ("box", item.box.map { Value($0) } ?? .null),
    ]
  }

  /// A conflict under an instruction; its answer is the picture's.
  init(_ item: Conflict, _ instruction: Conflict.Instruction) {
    scene = SceneObject(item.scene)
    conflict = item
    fields = [
      ("question", .string(item.prompt(instruction))), ("answer", .string(item.imageAnswer)),
      ("image_answer", .string(item.imageAnswer)), ("text_answer", .string(item.textAnswer)),
      ("attribute", .string(item.attribute.rawValue)), ("context", .string(item.context)),
      ("teacher", .string(item.teacherAnswer(instruction))), ("box", Value(item.box)),
    ]
  }

  override var typeName: String { "question" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    switch name {
    case "scene": return scene.map { .object($0) } ?? .null
    case "image": return try scene?.member("image", in: session) ?? .null
    case "prompted": return conflict.map { .object(PromptedConflict($0)) }
    default: return fields.first { $0.0 == name }?.1
    }
  }

  override var memberNames: [String] {
    fields.map(\.0) + ["scene", "image"] + (conflict == nil ? [] : ["prompted"])
  }

  override func rendered(_ style: RenderingStyle) -> String {
    let picture = scene == nil ? "" : "‹image› "
    return "question: " + picture + fields[0].1.displayed + " → " + fields[1].1.displayed
  }
}

/// `conflict.prompted`, waiting for `("image")` or `("text")`.
private final class PromptedConflict: HostObject {
  private let conflict: Conflict

  init(_ conflict: Conflict) { self.conflict = conflict }

  override var typeName: String { "function" }
  override var isCallable: Bool { true }

  override func call(_ arguments: Arguments, in session: Session) throws -> Value {
    guard arguments.count == 1, let name = arguments[0].value.stringValue,
      let instruction = Conflict.Instruction(rawValue: name)
    else {
      throw ScriptError(.badArgument, "`prompted` takes \"image\", \"text\" or \"neutral\"")
    }
    return .object(QuestionObject(conflict, instruction))
  }
}

extension Value {
  /// A box as selectors take it: `(x0:, y0:, x1:, y1:)` in pixels.
  init(_ box: SceneBox) {
    self = .record([("x0", .int(box.x0)), ("y0", .int(box.y0)), ("x1", .int(box.x1)), ("y1", .int(box.y1))])
  }
}
