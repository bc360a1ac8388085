import Checkpoints
import Datasets
import Interpreter

/// A row of a Parquet file with pictures or other bytes: a column is read when somebody looks at it.
final class ParquetRecordObject: LazyRecordObject {
  private let records: ParquetRecords
  private let position: Int
  private let images: String?

  /// - Parameter images: the folder that the field `image` names a file of, where the file is not in the row.
  init(_ records: ParquetRecords, _ position: Int, images: String?) {
    self.records = records
    self.position = position
    self.images = images
    super.init(names: records.columns)
  }

  override func read(_ name: String) throws -> Value {
    let value = try value(of: records.value(of: name, at: position), name)
    guard let images, name == "image", let file = value.stringValue else { return value }
    return .object(ImageObject(try Image(path: images.isEmpty ? file : "\(images)/\(file)")))
  }

  private func value(of value: ParquetValue, _ name: String) throws -> Value {
    switch value {
    case .bytes(let bytes): return try self.value(of: bytes, name)
    case .list(let elements): return .list(try elements.map { try self.value(of: $0, name) })
    case .record(let fields):
      // How the hub keeps a file: its bytes, its name or both.
      if fields.count == 2, let bytes = value["bytes"], let path = value["path"] {
        switch (bytes, path) {
        case (.bytes(let bytes), .text(let path)) where bytes.count == 0: return .string(path)
        case (.bytes(let bytes), _) where isPicture(bytes) || name.hasPrefix("image"):
          return try self.value(of: bytes, name)
        case (.null, .text(let path)): return .string(path)
        case (.null, .null): return .null
        default: break
        }
      }
      return .record(try fields.map { ($0.name, try self.value(of: $0.value, "\(name).\($0.name)")) })
    default: return Value(value)
    }
  }

  private func isPicture(_ bytes: ParquetBytes) -> Bool { bytes.withBytes { Image.isRecognised(in: $0) } }

  /// A picture where the bytes are one, else a list of integers.
  private func value(of bytes: ParquetBytes, _ name: String) throws -> Value {
    guard isPicture(bytes) || name.hasPrefix("image") else { return Value(.bytes(bytes)) }
    return .object(ImageObject(try Image(bytes.file(named: "\(records.place(of: position)), \(name)"))))
  }

  override func isEqual(to other: Object) -> Bool {
    guard let other = other as? ParquetRecordObject else { return false }
    return other.records === records && other.position == position
  }

  override func rendered(_ style: RenderingStyle) -> String {
    RecordObject(names.map { name in (name, (try? field(name)) ?? .string("(cannot be read)")) }).rendered(style)
  }
}

extension Value {
  /// A value as it is in the file: bytes are a list of integers.
  init(_ value: ParquetValue) {
    switch value {
    case .null: self = .null
    case .bool(let flag): self = .bool(flag)
    case .integer(let integer): self = .int(integer)
    case .number(let number): self = .float(number)
    case .text(let text): self = .string(text)
    case .bytes(let bytes): self = .list(bytes.withBytes { $0.map { .int(Int($0)) } })
    case .list(let elements): self = .list(elements.map { Value($0) })
    case .record(let fields): self = .record(fields.map { ($0.name, Value($0.value)) })
    }
  }
}
