import Checkpoints
import Interpreter
import Syntax

/// A record whose `image` is a picture in a file, read when it is asked for.
final class PicturedRecordObject: HostObject {
  private let record: RecordObject
  private let path: String
  private var image: ImageObject?

  init(_ record: RecordObject, path: String) {
    self.record = record
    self.path = path
  }

  override var typeName: String { "record" }
  override var memberNames: [String] { record.names }

  override func member(_ name: String, in session: Session) throws -> Value? {
    guard name == "image" else { return record[name] }
    if let image { return .object(image) }
    let read = ImageObject(try Image(path: path))
    image = read
    return .object(read)
  }

  override func index(_ arguments: Arguments, in session: Session) throws -> Value {
    if arguments.count == 1, arguments[0].value.stringValue == "image", let image = try member("image", in: session) {
      return image
    }
    return try record.index(arguments, in: session)
  }

  /// `item with (answer: "no")`: a record that holds its picture.
  override func binary(
    _ op: BinaryOperator, _ other: Value, swapped: Bool, in session: Session
  ) throws -> Value? {
    guard op == .with, !swapped, let other = other.object as? RecordObject else { return nil }
    return .object(try whole(in: session).merging(other))
  }

  private func whole(in session: Session) throws -> RecordObject {
    RecordObject(try record.names.map { ($0, try member($0, in: session) ?? .null) })
  }

  override func perform(_ native: String, _ call: NativeCall) throws -> Value? {
    switch native {
    case "keys": .list(record.names.map { .string($0) })
    case "values": .list(try whole(in: call.session).values)
    case "len": .int(record.names.count)
    default: nil
    }
  }

  override func isEqual(to other: Object) -> Bool {
    guard let other = other as? PicturedRecordObject else { return false }
    return other.path == path && record.isEqual(to: other.record)
  }

  override func rendered(_ style: RenderingStyle) -> String { record.rendered(style) }
}
