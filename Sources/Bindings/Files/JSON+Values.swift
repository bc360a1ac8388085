import Checkpoints
import Interpreter
import Tensors

extension JSON {
  /// A script's value, where JSON has the like.
  init(_ value: Value, depth: Int) throws {
    guard depth < 100 else { throw ScriptError(.badArgument, "the value is nested more than 100 deep") }
    switch value {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .integer(value)
    case .float(let value): self = .number(value)
    case .object(let object as StringObject): self = .string(object.text)
    case .object(let object as ListObject): self = .array(try object.elements.map { try JSON($0, depth: depth + 1) })
    case .object(let object as RecordObject):
      var fields = JSON.Object()
      for (name, value) in object.fields { fields[name] = try JSON(value, depth: depth + 1) }
      self = .object(fields)
    case .object(let object as TensorObject):
      let tensor = object.tensor
      let numbers = tensor.dtype == .f64 ? tensor.doubles() : tensor.floats().map { Double(decimal: $0) }
      self = .array(numbers.map { .number($0) })
    case .object:
      throw ScriptError(.badArgument, "\(value.typePhrase) cannot be saved as .json")
    }
  }
}

extension Value {
  init(_ json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .int(value)
    case .number(let value): self = .float(value)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .list(elements.map { Value($0) })
    case .object(let object): self = .record(zip(object.keys, object.values).map { ($0, Value($1)) })
    }
  }
}

extension Value {
  /// What a torch file holds: dictionaries with text for keys as records, tuples as lists.
  init(_ value: TorchValue) throws {
    switch value {
    case .none: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .int(value)
    case .number(let value): self = .float(value)
    case .string(let text), .constant(let text): self = .string(text)
    case .bytes(let bytes): self = .list(bytes.map { .int(Int($0)) })
    case .list(let elements), .tuple(let elements): self = .list(try elements.map { try Value($0) })
    case .tensor(let tensor): self = Value(try tensor.tensor())
    case .dictionary(let entries):
      let named = try entries.compactMap { key, value in
        if case .string(let name) = key { (name, try Value(value)) } else { nil }
      }
      self =
        named.count == entries.count
        ? .record(named)
        : .list(try entries.map { .record([("key", try Value($0.key)), ("value", try Value($0.value))]) })
    }
  }
}
