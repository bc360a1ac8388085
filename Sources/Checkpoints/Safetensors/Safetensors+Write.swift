import Tensors

extension Safetensors {
  /// Writes tensors to `path`, as they are stored, without a step that leaves half a file.
  ///
  /// The same tensors give the same bytes: those with larger elements come first, then by name, as the reference
  /// implementation orders them; metadata goes by key. Axis names are kept in the metadata.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:], to path: String
  ) throws {
    let order = Dictionary(uniqueKeysWithValues: dtypesBySize.enumerated().map { ($1, $0) })
    let sorted = tensors.sorted { left, right in
      let ranks = (order[left.tensor.dtype, default: 0], order[right.tensor.dtype, default: 0])
      return ranks.0 != ranks.1 ? ranks.0 < ranks.1 : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
    var header = JSON.Object()
    var metadata = metadata
    metadata[axisNamesKey] = try axisNames(of: sorted)
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      header["__metadata__"] = .object(JSON.Object(pairs.map { ($0.key, .string($0.value)) }))
    }
    var end = 0
    for (name, tensor) in sorted {
      let start = end
      end += tensor.count * tensor.dtype.byteCount
      let entry: JSON = .object([
        "dtype": .string(fileName(of: tensor.dtype)),
        "shape": .array(tensor.shape.sizes.map { .integer($0) }),
        "data_offsets": .array([.integer(start), .integer(end)]),
      ])
      guard name != "__metadata__", header.append(name, entry) else {
        throw CheckpointError(path, .safetensors(.duplicateTensor(name)))
      }
    }
    var text = Array(try JSON.object(header).text(file: path).utf8)
    // Spaces up to a multiple of eight, so that elements are aligned in a mapped file.
    text += Array(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    try AtomicFile.write(to: path) { file in
      try withUnsafeBytes(of: UInt64(text.count).littleEndian) { try file.write($0) }
      try file.write(text)
      for (_, tensor) in sorted { try tensor.withUnsafeBytes { try file.write($0) } }
    }
  }

  /// The names of axes that are not just counted, as text; nil when there are none.
  private static func axisNames(of tensors: [(name: String, tensor: Tensor)]) throws -> String? {
    let named = tensors.filter { _, tensor in
      zip(tensor.shape.names, 0...).contains { name, index in name != "axis\(index)" }
    }
    guard !named.isEmpty else { return nil }
    return try JSON.object(
      JSON.Object(named.map { name, tensor in (name, .array(tensor.shape.names.map { .string($0) })) })
    ).text()
  }

  /// The reference implementation's order.
  private static let dtypesBySize: [DType] = [.i64, .f64, .f32, .bf16, .f16, .bool]

  private static func fileName(of dtype: DType) -> String {
    switch dtype {
    case .f32: "F32"
    case .f64: "F64"
    case .f16: "F16"
    case .bf16: "BF16"
    case .i64: "I64"
    case .bool: "BOOL"
    case .blocks(let type): type.rawValue
    }
  }
}
