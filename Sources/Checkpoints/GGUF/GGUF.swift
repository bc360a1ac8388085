import Tensors

/// A GGUF file, version 2 or 3: metadata by key, and tensors that read the mapped file where they lie.
///
/// Every count, length and offset is checked against the file before it is used. Format: ggml-org/ggml, `docs/gguf.md`.
public struct GGUF: Sendable {
  /// One tensor as the header describes it.
  public struct Entry: Equatable, Sendable {
    public let name: String
    /// As llama.cpp calls it, such as `q4_K`; may be one that cannot be read as a `Tensor`.
    public var type: String { storage.name }
    /// Outermost axis first; the file has them the other way round.
    public let shape: [Int]
    /// Where its bytes lie in the file.
    public let range: Range<Int>
    let storage: GGUFType
  }

  public let file: FileBytes
  /// Keys in the order of the file.
  public let keys: [String]
  /// Tensors in the order of the file's table.
  public let entries: [Entry]
  private let values: [UTF8Key: GGUFValue]
  private let positions: [UTF8Key: Int]

  /// The file as the user knows it, for errors.
  public var name: String { file.name }

  /// Whether a file starts like a GGUF file.
  public static func recognises(_ file: FileBytes) -> Bool { file.withBytes { $0.starts(with: "GGUF".utf8) } }

  public init(_ file: FileBytes) throws {
    self.file = file
    let header = try file.withBytes { try GGUFHeader($0, of: file) }
    keys = header.metadata.map(\.key)
    entries = header.entries
    values = header.values
    positions = header.positions
  }

  /// The value of a key, or nil.
  public func value(_ key: String) -> GGUFValue? { values[UTF8Key(key)] }

  public func contains(_ tensor: String) -> Bool { positions[UTF8Key(tensor)] != nil }

  /// What the header says of one tensor.
  public func entry(named tensor: String) throws -> Entry {
    guard let position = positions[UTF8Key(tensor)] else {
      let close = closestNames(to: tensor, among: entries.map(\.name))
      throw CheckpointError(name, .gguf(.unknownTensor(tensor, close: close, count: entries.count)))
    }
    return entries[position]
  }

  /// One tensor, reading the file's bytes where they lie; quantised matrices stay in their blocks.
  /// - Parameter axes: names for the axes, outermost first; without them `axis0`, `axis1`, …
  /// - Throws: `unknownTensor`, `unreadableType`, `wrongRank`.
  public func tensor(named tensor: String, axes: [String]? = nil) throws -> Tensor {
    let entry = try entry(named: tensor)
    guard let dtype = entry.storage.dtype else {
      throw CheckpointError(name, .gguf(.unreadableType(tensor: tensor, type: entry.type, read: GGUFType.read)))
    }
    let names = axes ?? entry.shape.indices.map { "axis\($0)" }
    guard names.count == entry.shape.count else {
      throw CheckpointError(name, .gguf(.wrongRank(tensor: tensor, shape: entry.shape, axes: names)))
    }
    let alignment = if case .blocks = dtype { 1 } else { dtype.byteCount }
    let storage = file.withBytes { bytes in
      Storage(reading: UnsafeRawBufferPointer(rebasing: bytes[entry.range]), of: file, alignment: alignment)
    }
    return Tensor(shape: Shape(zip(names, entry.shape).map { Axis($0, $1) }), dtype: dtype, storage: storage)
  }
}

/// Values by kind. With `or`, a missing key has that value; a value of another kind is an error all the same.
extension GGUF {
  public func string(_ key: String, or fallback: String? = nil) throws -> String {
    if case .string(let text) = value(key) { return text }
    return try absent(key, fallback, "a string")
  }

  public func bool(_ key: String, or fallback: Bool? = nil) throws -> Bool {
    if case .bool(let flag) = value(key) { return flag }
    return try absent(key, fallback, "true or false")
  }

  public func integer(_ key: String, in range: ClosedRange<Int>, or fallback: Int? = nil) throws -> Int {
    if case .integer(let integer) = value(key), range.contains(integer) { return integer }
    return try absent(key, fallback, "an integer from \(range.lowerBound) to \(range.upperBound)")
  }

  /// A finite number, integer or not.
  public func number(_ key: String, or fallback: Double? = nil) throws -> Double {
    switch value(key) {
    case .number(let number) where number.isFinite: number
    case .integer(let integer): Double(integer)
    default: try absent(key, fallback, "a finite number")
    }
  }

  public func strings(_ key: String) throws -> [String] {
    if case .array(let array) = value(key), let strings = array.strings() { return strings }
    return try absent(key, nil, "an array of strings")
  }

  public func integers(_ key: String) throws -> [Int] {
    if case .array(let array) = value(key), let integers = array.integers() { return integers }
    return try absent(key, nil, "an array of integers")
  }

  public func numbers(_ key: String) throws -> [Double] {
    if case .array(let array) = value(key), let numbers = array.numbers() { return numbers }
    return try absent(key, nil, "an array of numbers")
  }

  /// The error that says what a key's value must be.
  public func mustBe(_ key: String, _ expected: String) -> CheckpointError {
    guard let found = value(key) else { return CheckpointError(name, .gguf(.missingKey(key))) }
    return CheckpointError(name, .gguf(.wrongValue(key: key, expected: expected, found: found.summary)))
  }

  private func absent<Value>(_ key: String, _ fallback: Value?, _ expected: String) throws -> Value {
    guard value(key) == nil, let fallback else { throw mustBe(key, expected) }
    return fallback
  }
}
