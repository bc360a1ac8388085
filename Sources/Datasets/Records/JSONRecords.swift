import Checkpoints

/// The records of a JSON file: a list of objects, or an object of objects, each of which gets its key as `key`.
///
/// JSON has no lines to go by, so the file is read as a whole.
public final class JSONRecords: RecordReader {
  public let name: String
  private let elements: [JSON]
  private let keys: [String]?
  private let place: String

  /// - Parameter key: the value that holds the records, where the file holds an object.
  public init(_ file: FileBytes, at key: String? = nil) throws {
    name = file.name
    let root = try JSON.parse(file)
    var value = root
    if let key {
      guard case .object(let object) = root, let found = object[key] else {
        throw DatasetError(name, .value(name: key, expected: "a list of records", found: nil))
      }
      value = found
    }
    place = key ?? "the file's value"
    switch value {
    case .array(let values): (elements, keys) = (values, nil)
    case .object(let object):
      guard key != nil || object.values.allSatisfy({ if case .object = $0 { true } else { false } }) else {
        throw DatasetError(name, .severalValues(keys: object.keys))
      }
      (elements, keys) = (object.values, object.keys)
    default: throw DatasetError(name, .value(name: place, expected: "a list of records", found: value.summary))
    }
  }

  public var count: Int { elements.count }

  public func record(at position: Int) throws -> JSON.Object? {
    guard elements.indices.contains(position) else { return nil }
    guard case .object(var record) = elements[position] else {
      let label = keys.map { "\(place).\($0[position])" } ?? "\(place)[\(position)]"
      throw DatasetError(name, .value(name: label, expected: "an object", found: elements[position].summary))
    }
    if let keys, record["key"] == nil { record["key"] = .string(keys[position]) }
    return record
  }
}
