import Tensors

/// Arrays in NumPy's own format, `.npy`.
public enum NumPyArray {
  /// The array in a file. Floats and 8-byte integers keep their type, in place where the file has them in order and
  /// little-endian; smaller integers are widened.
  /// - Parameter axes: names for the axes, outermost first; without them they are `axis0`, `axis1`, …
  /// - Throws: `ArrayProblem`.
  public static func read(_ file: FileBytes, axes: [String]? = nil) throws -> Tensor {
    do {
      return try file.withBytes { bytes in
        let header = try NumPyHeader(bytes)
        let names = axes ?? header.shape.indices.map { "axis\($0)" }
        guard names.count == header.shape.count else {
          throw ArrayProblem.wrongRank(shape: header.shape, axes: names)
        }
        guard let count = product(header.shape), let byteCount = product([count, header.size]) else {
          throw ArrayProblem.tooLarge(shape: header.shape)
        }
        let present = bytes.count - header.dataOffset
        guard byteCount <= present else { throw ArrayProblem.truncated(declared: byteCount, present: present) }
        guard byteCount == present else { throw ArrayProblem.trailingBytes(count: present - byteCount) }
        let data = UnsafeRawBufferPointer(rebasing: bytes[header.dataOffset...])
        let (storage, dtype) = try elements(data, header, of: file)
        return Tensor(shape: Shape(zip(names, header.shape).map { Axis($0, $1) }), dtype: dtype, storage: storage)
      }
    } catch let problem as ArrayProblem { throw CheckpointError(file.name, .array(problem)) }
  }

  /// Saves a tensor. NumPy has no bf16: such tensors are saved as f32, which holds them exactly.
  public static func write(_ tensor: Tensor, to path: String) throws {
    try AtomicFile.write(to: path) { file in
      try file.write(NumPyHeader.bytes(for: tensor.dtype, shape: tensor.shape.sizes))
      try withSavedBytes(of: tensor) { try file.write($0) }
    }
  }

  /// The elements as they stand in a file.
  static func withSavedBytes<Result>(
    of tensor: Tensor, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    guard tensor.dtype == .bf16 else { return try tensor.withUnsafeBytes(body) }
    let widened = tensor.withUnsafeBytes { halves in
      (0..<tensor.count).map { UInt32(halves.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self)) << 16 }
    }
    return try widened.withUnsafeBytes(body)
  }

  private static func elements(
    _ data: UnsafeRawBufferPointer, _ header: NumPyHeader, of file: FileBytes
  ) throws -> (Storage, DType) {
    let isInPlace = !header.isFortran && !header.isBigEndian
    let reader = ElementReader(data: data, header: header)
    switch (header.kind, header.size) {
    case (.float, 2):
      return (isInPlace ? Storage(reading: data, of: file, alignment: 2) : reader.map { (raw: UInt16) in raw }, .f16)
    case (.float, 4):
      return (isInPlace ? Storage(reading: data, of: file, alignment: 4) : reader.map { (raw: UInt32) in raw }, .f32)
    case (.float, _):
      return (isInPlace ? Storage(reading: data, of: file, alignment: 8) : reader.map { (raw: UInt64) in raw }, .f64)
    case (.signed, 1): return (reader.map { (raw: UInt8) in Int64(Int8(bitPattern: raw)) }, .i64)
    case (.signed, 2): return (reader.map { (raw: UInt16) in Int64(Int16(bitPattern: raw)) }, .i64)
    case (.signed, 4): return (reader.map { (raw: UInt32) in Int64(Int32(bitPattern: raw)) }, .i64)
    case (.signed, _):
      return (isInPlace ? Storage(reading: data, of: file, alignment: 8) : reader.map { (raw: UInt64) in raw }, .i64)
    case (.unsigned, 1): return (reader.map { (raw: UInt8) in Int64(raw) }, .i64)
    case (.unsigned, 2): return (reader.map { (raw: UInt16) in Int64(raw) }, .i64)
    case (.unsigned, _): return (reader.map { (raw: UInt32) in Int64(raw) }, .i64)
    case (.bool, _): return (reader.map { (raw: UInt8) in UInt8(raw == 0 ? 0 : 1) }, .bool)
    }
  }
}

/// Goes through a file's elements in row-major order, whatever order the file has.
private struct ElementReader {
  let data: UnsafeRawBufferPointer
  let header: NumPyHeader

  func map<Raw: FixedWidthInteger, Element: BitwiseCopyable>(_ convert: (Raw) -> Element) -> Storage {
    let count = data.count / header.size
    let storage = Storage(byteCount: count * MemoryLayout<Element>.stride)
    let target = storage.pointer.bindMemory(to: Element.self, capacity: max(count, 1))
    var places = StridedPlaces(header.shape, strides: StridedPlaces.columnMajor(header.shape))
    for i in 0..<count {
      let offset = header.isFortran ? places.next() : i
      let raw = data.loadUnaligned(fromByteOffset: offset * header.size, as: Raw.self)
      (target + i).initialize(to: convert(header.isBigEndian ? Raw(bigEndian: raw) : Raw(littleEndian: raw)))
    }
    return storage
  }
}
