import Checkpoints
import Interpreter

/// A record whose `image` is a picture in a file.
final class PicturedRecordObject: LazyRecordObject {
  private let record: RecordObject
  private let path: String

  init(_ record: RecordObject, path: String) {
    self.record = record
    self.path = path
    super.init(names: record.names)
  }

  override func read(_ name: String) throws -> Value {
    name == "image" ? .object(ImageObject(try Image(path: path))) : record[name] ?? .null
  }

  override func isEqual(to other: Object) -> Bool {
    guard let other = other as? PicturedRecordObject else { return false }
    return other.path == path && record.isEqual(to: other.record)
  }

  override func rendered(_ style: RenderingStyle) -> String { record.rendered(style) }
}
