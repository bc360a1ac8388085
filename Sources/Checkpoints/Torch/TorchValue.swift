import Tensors

/// What a torch file holds: tensors, and the plain values and containers around them.
public indirect enum TorchValue: Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case bytes([UInt8])
  /// A torch constant by its name: `torch.float16`.
  case constant(String)
  case list([TorchValue])
  case tuple([TorchValue])
  /// Keys in the order of the file; an `OrderedDict` too.
  case dictionary([(key: TorchValue, value: TorchValue)])
  case tensor(TorchTensor)

  /// What it is, for errors: `a list of 3`, `a tensor of shape [4, 2]`.
  public var summary: String {
    switch self {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let text): text.count > 40 ? "\"\(text.prefix(40))…\"" : "\"\(text)\""
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .constant(let name): name
    case .list(let elements): "a list of \(elements.count)"
    case .tuple(let elements): "a tuple of \(elements.count)"
    case .dictionary(let entries): "a dictionary of \(entries.count)"
    case .tensor(let tensor): "a tensor of shape \(tensor.shape)"
    }
  }
}

/// One place in a torch file: the value there, if any, and the way to it.
///
/// Going down never fails; asking for a value does, with an error that names the file and the way.
public struct TorchField: Sendable {
  public let file: String
  /// `steering_model.encoder.weight`; empty at the top.
  public let path: String
  /// Nil when the file says nothing here.
  public let value: TorchValue?

  public init(_ root: TorchValue, file: String) { self.init(file: file, path: "", value: root) }

  private init(file: String, path: String, value: TorchValue?) {
    self.file = file
    self.path = path
    self.value = value
  }

  /// The entry of a dictionary. Keys may have dots: `state["encoder.weight"]`.
  public subscript(key: String) -> TorchField {
    let below = path.isEmpty ? key : "\(path).\(key)"
    guard case .dictionary(let entries) = value else { return TorchField(file: file, path: below, value: nil) }
    let found = entries.first { if case .string(let own) = $0.key { own.hasSameBytes(as: key) } else { false } }
    return TorchField(file: file, path: below, value: found?.value)
  }

  /// Whether the file says something other than None here.
  public var exists: Bool {
    switch value {
    case nil, .some(.none): false
    default: true
    }
  }

  /// The keys that are text, in the order of the file; none where this is no dictionary.
  public var keys: [String] {
    guard case .dictionary(let entries) = value else { return [] }
    return entries.compactMap { if case .string(let key) = $0.key { key } else { nil } }
  }

  /// Whether this is a dictionary from text to tensors, as a state dict is.
  public var isStateDict: Bool {
    guard case .dictionary(let entries) = value, !entries.isEmpty else { return false }
    return entries.allSatisfy { if case (.string, .tensor) = ($0.key, $0.value) { true } else { false } }
  }

  /// The error that says what must stand here.
  public func mustBe(_ expected: String) -> CheckpointError {
    CheckpointError(
      file, .torch(.field(path: path, expected: expected, found: value?.summary ?? "nothing there")))
  }

  /// The tensor here, as it lies in the file.
  public func tensor() throws -> TorchTensor {
    guard case .tensor(let tensor) = value else { throw mustBe("a tensor") }
    return tensor
  }

  /// The tensor here with these axes, outermost first.
  public func tensor(axes: [String]) throws -> Tensor {
    let stored = try tensor()
    guard stored.shape.count == axes.count else {
      throw mustBe("a tensor with the axes [\(axes.joined(separator: ", "))]")
    }
    return try stored.tensor(axes: axes)
  }

  public func string() throws -> String {
    guard case .string(let text) = value else { throw mustBe("text") }
    return text
  }

  public func integer() throws -> Int {
    guard case .integer(let number) = value else { throw mustBe("an integer") }
    return number
  }
}
