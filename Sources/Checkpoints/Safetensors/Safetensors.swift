import Tensors

/// The tensors of a safetensors file, or of the several files that a large model is split into.
///
/// Nothing is copied: tensors read the mapped file. Every size and offset in a header is checked against the file
/// before it is used. Format: huggingface/safetensors, "Format".
public struct Safetensors: Sendable {
  /// One tensor as the header describes it.
  public struct Entry: Equatable, Sendable {
    public let name: String
    /// As written in the file, such as `BF16`; may be one that cannot be read as a `Tensor`.
    public let dtype: String
    public let shape: [Int]
    /// Where its bytes lie in its file.
    public let range: Range<Int>
    /// Which of `files` holds it.
    public let file: Int
  }

  /// The collection as the user knows it, for errors.
  public let name: String
  public let files: [FileBytes]
  /// Tensors in the order of their bytes, file by file.
  public let entries: [Entry]
  /// The free-form text pairs of all headers, without the axis names; of the same key in two files the first counts.
  public let metadata: [String: String]
  private let positions: [UTF8Key: Int]
  /// Axis names that were saved along, by tensor.
  private let axisNames: [UTF8Key: [String]]

  /// Where axis names stand in the metadata: a JSON object of arrays of strings. Other programs ignore it.
  static let axisNamesKey = "steersh.axes"

  /// The storage types that are read, with their names in the file.
  static let dtypes: [(name: String, dtype: DType)] = [
    ("F32", .f32), ("F16", .f16), ("BF16", .bf16), ("F64", .f64), ("I64", .i64), ("BOOL", .bool),
  ]

  /// Opens one file.
  public init(_ file: FileBytes) throws {
    let header = try SafetensorsHeader(file, index: 0)
    try self.init(
      name: file.name, files: [file], entries: header.entries, metadata: header.metadata,
      positions: Dictionary(uniqueKeysWithValues: header.entries.enumerated().map { (UTF8Key($1.name), $0) }))
  }

  private init(
    name: String, files: [FileBytes], entries: [Entry], metadata: [String: String], positions: [UTF8Key: Int]
  ) throws {
    self.name = name
    self.files = files
    self.entries = entries
    self.metadata = metadata.filter { $0.key != Self.axisNamesKey }
    self.positions = positions
    axisNames = try metadata[Self.axisNamesKey].map { try Self.axisNames($0, file: name) } ?? [:]
  }

  private static func axisNames(_ text: String, file: String) throws -> [UTF8Key: [String]] {
    let all = Field(.object(["__metadata__": .object([axisNamesKey: try JSON.parse(text, file: file)])]), file: file)
    let field = all["__metadata__"][axisNamesKey]
    var names: [UTF8Key: [String]] = [:]
    for tensor in try field.object().keys {
      let axes = try field[tensor].strings()
      guard Set(axes).count == axes.count else { throw field[tensor].mustBe("an array of different names") }
      names[UTF8Key(tensor)] = axes
    }
    return names
  }

  private static let single = "model.safetensors"
  private static let index = single + ".index.json"

  /// Whether a folder has its weights in this form.
  public static func areIn(_ source: FileSource) -> Bool { source.contains(single) || source.contains(index) }

  /// Opens the weights of a model folder: `model.safetensors`, or the files that `model.safetensors.index.json` lists.
  public init(_ source: FileSource) throws {
    let (single, index) = (Self.single, Self.index)
    guard !source.contains(single), source.contains(index) else {
      let others = "\(index), for weights in several files; pytorch_model.bin is read too"
      try self.init(source.bytes(of: single, expected: "the model's weights (or \(others))"))
      return
    }
    let map = try ShardIndex(source, name: index)
    let files = try map.shards.map(map.bytes)
    let headers = try files.enumerated().map { try SafetensorsHeader($1, index: $0) }
    try map.check(headers.map { $0.entries.map(\.name) })
    let entries = headers.flatMap(\.entries)
    try self.init(
      name: source.name, files: files, entries: entries,
      metadata: headers.reduce(into: [:]) { $0.merge($1.metadata) { first, _ in first } },
      positions: Dictionary(uniqueKeysWithValues: entries.enumerated().map { (UTF8Key($1.name), $0) }))
  }

  public func contains(_ tensor: String) -> Bool { positions[UTF8Key(tensor)] != nil }

  /// What the header says of one tensor.
  public func entry(named tensor: String) throws -> Entry {
    guard let position = positions[UTF8Key(tensor)] else {
      let close = closestNames(to: tensor, among: entries.map(\.name))
      throw CheckpointError(
        name, .safetensors(.unknownTensor(tensor, close: close, count: entries.count)))
    }
    return entries[position]
  }

  /// One tensor, reading the file's bytes where they lie.
  /// - Parameter axes: names for the axes, outermost first; without them those that were saved along, or else `axis0`,
  ///   `axis1`, …
  /// - Throws: `unknownTensor`, `unreadableDType`, `wrongRank`.
  public func tensor(named tensor: String, axes: [String]? = nil) throws -> Tensor {
    let entry = try entry(named: tensor)
    let file = files[entry.file]
    guard let dtype = Self.dtypes.first(where: { $0.name == entry.dtype })?.dtype else {
      throw CheckpointError(file.name, .safetensors(.unreadableDType(tensor: tensor, dtype: entry.dtype)))
    }
    let names = axes ?? axisNames[UTF8Key(tensor)] ?? entry.shape.indices.map { "axis\($0)" }
    guard names.count == entry.shape.count else {
      throw CheckpointError(
        file.name, .safetensors(.wrongRank(tensor: tensor, shape: entry.shape, axes: names)))
    }
    let storage = file.withBytes { bytes in
      Storage(reading: UnsafeRawBufferPointer(rebasing: bytes[entry.range]), of: file, alignment: dtype.byteCount)
    }
    return Tensor(shape: Shape(zip(names, entry.shape).map { Axis($0, $1) }), dtype: dtype, storage: storage)
  }
}

extension Storage {
  /// Bytes of a file, in place where they are aligned for their elements and copied where they are not.
  convenience init(reading bytes: UnsafeRawBufferPointer, of file: FileBytes, alignment: Int) {
    if let start = bytes.baseAddress, !bytes.isEmpty, Int(bitPattern: start) % alignment == 0 {
      self.init(borrowing: bytes, owner: file)
    } else {
      self.init(byteCount: bytes.count)
      UnsafeMutableRawBufferPointer(start: pointer, count: bytes.count).copyMemory(from: bytes)
    }
  }
}
