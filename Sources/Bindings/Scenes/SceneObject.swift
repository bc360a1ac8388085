import Checkpoints
import Interpreter
import Scenes

/// A scene as a value: its picture, its attributes, and where things are.
final class SceneObject: HostObject {
  let scene: Scene

  init(_ scene: Scene) { self.scene = scene }

  override var typeName: String { "scene" }

  override func member(_ name: String, in session: Session) throws -> Value? {
    if let attribute = Attribute(rawValue: name) { return .string(scene[attribute]) }
    switch name {
    case "image": return .object(ImageObject(scene))
    case "number": return .int(scene.number)
    case "box": return Value(scene.box)
    case "digit_box": return Value(scene.digitBox)
    case "hazy": return .bool(scene.isHazy)
    case "caption": return .string(scene.caption)
    case "attributes": return .record(Attribute.allCases.map { ($0.rawValue, .string(scene[$0])) })
    case "labels": return .record(Attribute.allCases.map { ($0.rawValue, .int(scene.attributes.label($0))) })
    default: return nil
    }
  }

  override var memberNames: [String] {
    ["image", "number", "box", "digit_box", "hazy", "caption", "attributes", "labels"]
      + Attribute.allCases.map(\.rawValue)
  }

  override func isEqual(to other: Object) -> Bool {
    guard let other = (other as? SceneObject)?.scene else { return false }
    return other === scene || (other.attributes == scene.attributes && other.image == scene.image)
  }

  override func rendered(_ style: RenderingStyle) -> String {
    let line = "scene: \(scene.caption)" + (scene.isHazy ? " (hazy)" : "")
    guard style.form == .full, style.colored else { return line }
    return line + "\n" + scene.image.drawn(columns: min(style.width, 48))
  }
}

extension Value {
  /// A box as selectors take it: `(x0:, y0:, x1:, y1:)` in pixels.
  init(_ box: SceneBox) {
    self = .record([("x0", .int(box.x0)), ("y0", .int(box.y0)), ("x1", .int(box.x1)), ("y1", .int(box.y1))])
  }
}
