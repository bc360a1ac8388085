import Tensors

extension TorchFile {
  /// A value to be written.
  public indirect enum Content: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list([Content])
    case tuple([Content])
    /// Keys that differ.
    case dictionary([(key: String, value: Content)])
    case tensor(Tensor)
  }

  /// Writes a value as `torch.save` does, so that `torch.load(path, weights_only=True)` reads it: a zip archive with a pickle
  /// of protocol 2 and one storage for each tensor. Equal values give equal bytes.
  ///
  /// - Throws: `TorchProblem.cannotWrite` for numbers in blocks; `CheckpointError` for a path that cannot be written.
  public static func write(_ content: Content, to path: String) throws {
    var pickler = Pickler()
    do {
      let pickle = try pickler.pickle(content)
      try AtomicFile.write(to: path) { file in
        var zip = ZipWriter()
        func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
          try zip.add("archive/" + name, [bytes], to: &file)
        }
        try pickle.withUnsafeBytes { try add("data.pkl", $0) }
        try Array("little".utf8).withUnsafeBytes { try add("byteorder", $0) }
        for (index, tensor) in pickler.tensors.enumerated() {
          try tensor.withUnsafeBytes { try add("data/\(index)", $0) }
        }
        try Array("3\n".utf8).withUnsafeBytes { try add("version", $0) }
        try zip.finish(&file)
      }
    } catch let problem as ZipProblem {
      throw CheckpointError(path, .zip(problem))
    } catch let problem as TorchProblem { throw CheckpointError(path, .torch(problem)) }
  }

  /// Writes tensors by name: a state dict.
  public static func write(_ tensors: [(name: String, tensor: Tensor)], to path: String) throws {
    try write(.dictionary(tensors.map { ($0.name, .tensor($0.tensor)) }), to: path)
  }
}

/// Writes a pickle of protocol 2 with nothing in it but what torch's own safe reader allows.
private struct Pickler {
  var tensors: [Tensor] = []
  private var bytes: [UInt8] = []

  mutating func pickle(_ content: TorchFile.Content) throws -> [UInt8] {
    bytes = [0x80, 2]
    try add(content)
    bytes.append(UInt8(ascii: "."))
    return bytes
  }

  private mutating func add(_ content: TorchFile.Content) throws {
    switch content {
    case .none: bytes.append(UInt8(ascii: "N"))
    case .bool(let value): bytes.append(value ? 0x88 : 0x89)
    case .integer(let value): add(value)
    case .number(let value):
      bytes.append(UInt8(ascii: "G"))
      Swift.withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
    case .string(let text): add(text)
    case .list(let elements):
      bytes += [UInt8(ascii: "]"), UInt8(ascii: "(")]
      for element in elements { try add(element) }
      bytes.append(UInt8(ascii: "e"))
    case .tuple(let elements):
      bytes.append(UInt8(ascii: "("))
      for element in elements { try add(element) }
      bytes.append(UInt8(ascii: "t"))
    case .dictionary(let entries):
      bytes += [UInt8(ascii: "}"), UInt8(ascii: "(")]
      for (key, value) in entries {
        add(key)
        try add(value)
      }
      bytes.append(UInt8(ascii: "u"))
    case .tensor(let tensor): try add(tensor)
    }
  }

  private mutating func add(_ value: Int) {
    if let word = Int32(exactly: value) {
      bytes.append(UInt8(ascii: "J"))
      Swift.withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    } else {
      bytes += [0x8A, 8]
      Swift.withUnsafeBytes(of: Int64(value).littleEndian) { bytes.append(contentsOf: $0) }
    }
  }

  private mutating func add(_ text: String) {
    bytes.append(UInt8(ascii: "X"))
    Swift.withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes += Array(text.utf8)
  }

  private mutating func name(_ module: String, _ name: String) {
    bytes += Array("c\(module)\n\(name)\n".utf8)
  }

  private mutating func add(_ sizes: [Int]) {
    bytes.append(UInt8(ascii: "("))
    for size in sizes { add(size) }
    bytes.append(UInt8(ascii: "t"))
  }

  /// `_rebuild_tensor_v2(storage, 0, size, stride, False, OrderedDict())`
  private mutating func add(_ tensor: Tensor) throws {
    guard let type = TorchType(tensor.dtype) else {
      throw TorchProblem.cannotWrite("numbers in blocks have no torch type; take their f32 copy, to(.f32)")
    }
    name("torch._utils", "_rebuild_tensor_v2")
    bytes += [UInt8(ascii: "("), UInt8(ascii: "(")]
    add("storage")
    name("torch", type.rawValue + "Storage")
    add("\(tensors.count)")
    add("cpu")
    add(tensor.count)
    bytes += [UInt8(ascii: "t"), UInt8(ascii: "Q")]
    add(0)
    add(tensor.shape.sizes)
    add(Self.strides(tensor.shape.sizes))
    bytes.append(0x89)
    name("collections", "OrderedDict")
    bytes += [UInt8(ascii: ")"), UInt8(ascii: "R"), UInt8(ascii: "t"), UInt8(ascii: "R")]
    tensors.append(tensor)
  }

  private static func strides(_ sizes: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: sizes.count)
    for axis in sizes.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * max(sizes[axis + 1], 1) }
    return strides
  }
}
