import Tensors

/// How the numbers of a torch storage are stored.
enum TorchType: String, CaseIterable, Sendable {
  case float32 = "Float"
  case float16 = "Half"
  case bfloat16 = "BFloat16"
  case float64 = "Double"
  case int64 = "Long"
  case int32 = "Int"
  case int16 = "Short"
  case int8 = "Char"
  case uint8 = "Byte"
  case bool = "Bool"

  /// `torch.FloatStorage` without its module and its last word.
  init?(storage name: String) {
    guard name.hasSuffix("Storage") else { return nil }
    self.init(rawValue: String(name.dropLast("Storage".count)))
  }

  /// `float32` of `torch.float32`.
  init?(dtype name: String) {
    guard let found = Self.allCases.first(where: { $0.dtypeName == name }) else { return nil }
    self = found
  }

  var dtypeName: String {
    switch self {
    case .float32: "float32"
    case .float16: "float16"
    case .bfloat16: "bfloat16"
    case .float64: "float64"
    case .int64: "int64"
    case .int32: "int32"
    case .int16: "int16"
    case .int8: "int8"
    case .uint8: "uint8"
    case .bool: "bool"
    }
  }

  /// Bytes of one number.
  var size: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// The type that a tensor of ours has; smaller integers are widened.
  var dtype: DType {
    switch self {
    case .float32: .f32
    case .float16: .f16
    case .bfloat16: .bf16
    case .float64: .f64
    case .int64, .int32, .int16, .int8, .uint8: .i64
    case .bool: .bool
    }
  }

  init?(_ dtype: DType) {
    switch dtype {
    case .f32: self = .float32
    case .f16: self = .float16
    case .bf16: self = .bfloat16
    case .f64: self = .float64
    case .i64: self = .int64
    case .bool: self = .bool
    case .blocks: return nil
    }
  }
}

/// Numbers in a row that one or more tensors read.
struct TorchStorage: Sendable {
  let key: String
  let type: TorchType
  /// How many numbers.
  let count: Int
  /// Where it lay when it was saved, such as `cuda:0`. It makes no difference here.
  let location: String
  /// Exactly `count` numbers.
  let bytes: FileBytes
  let isBigEndian: Bool
}

/// A tensor as a torch file holds it: a view of a storage.
public struct TorchTensor: Sendable {
  public let shape: [Int]
  let strides: [Int]
  let offset: Int
  let storage: TorchStorage

  /// An expanded tensor repeats numbers; it may not become larger than this by it.
  private static let expandedLimit = 1 << 24
  static let rankLimit = 32

  /// The type it has in torch: `float32`.
  public var dtype: String { storage.type.dtypeName }
  /// Where it lay when it was saved: `cpu`, `cuda:0`.
  public var location: String { storage.location }

  /// Whether `tensor` has another type than the file, which ours are too few for: small integers become `i64`.
  public var isWidened: Bool { storage.type.size != storage.type.dtype.byteCount }

  /// - Throws: `TorchProblem.shape` where a number would lie outside the storage.
  init(shape: [Int], strides: [Int], offset: Int, storage: TorchStorage) throws {
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.storage = storage
    let misfit = TorchProblem.shape(sizes: shape, strides: strides, offset: offset, storage: storage.count)
    guard shape.count == strides.count, shape.count <= Self.rankLimit, offset >= 0, let count = product(shape),
      strides.allSatisfy({ $0 >= 0 })
    else { throw misfit }
    guard count > 0 else { return }
    var last = offset
    for (size, stride) in zip(shape, strides) {
      let (reach, isLarge) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, isLarger) = last.addingReportingOverflow(reach)
      guard !isLarge, !isLarger else { throw misfit }
      last = sum
    }
    guard last < storage.count, count <= max(storage.count, Self.expandedLimit) else { throw misfit }
  }

  /// Whether its numbers follow one another.
  private var isContiguous: Bool {
    var expected = 1
    for (size, stride) in zip(shape, strides).reversed() {
      if size != 1, stride != expected { return false }
      expected *= size
    }
    return true
  }

  /// The numbers as a tensor, read where they lie if they follow one another in this machine's order.
  ///
  /// - Parameter axes: names for the axes, outermost first; without them they are `axis0`, `axis1`, …
  /// - Throws: `TorchProblem.wrongRank`.
  public func tensor(axes: [String]? = nil) throws -> Tensor {
    let names = axes ?? shape.indices.map { "axis\($0)" }
    guard names.count == shape.count else { throw TorchProblem.wrongRank(shape: shape, axes: names) }
    let type = storage.type
    let stored = Shape(zip(names, shape).map { Axis($0, $1) })
    let count = shape.contains(0) ? 0 : stored.count
    let isInPlace = isContiguous && !storage.isBigEndian && type.size == type.dtype.byteCount && type != .bool
    let elements = storage.bytes.withBytes { bytes in
      if isInPlace, count > 0 {
        let range = offset * type.size..<(offset + count) * type.size
        return Storage(
          reading: UnsafeRawBufferPointer(rebasing: bytes[range]), of: storage.bytes, alignment: type.size)
      }
      switch type {
      case .float32: return gather(bytes, count) { (raw: UInt32) in raw }
      case .float16, .bfloat16: return gather(bytes, count) { (raw: UInt16) in raw }
      case .float64, .int64: return gather(bytes, count) { (raw: UInt64) in raw }
      case .int32: return gather(bytes, count) { (raw: UInt32) in Int64(Int32(bitPattern: raw)) }
      case .int16: return gather(bytes, count) { (raw: UInt16) in Int64(Int16(bitPattern: raw)) }
      case .int8: return gather(bytes, count) { (raw: UInt8) in Int64(Int8(bitPattern: raw)) }
      case .uint8: return gather(bytes, count) { (raw: UInt8) in Int64(raw) }
      case .bool: return gather(bytes, count) { (raw: UInt8) in UInt8(raw == 0 ? 0 : 1) }
      }
    }
    return Tensor(shape: stored, dtype: type.dtype, storage: elements)
  }

  /// The numbers in row-major order, wherever they lie.
  private func gather<Raw: FixedWidthInteger, Element: BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ count: Int, _ convert: (Raw) -> Element
  ) -> Storage {
    let elements = Storage(byteCount: count * MemoryLayout<Element>.stride)
    let target = elements.pointer.bindMemory(to: Element.self, capacity: max(count, 1))
    var places = StridedPlaces(shape, strides: strides, from: offset)
    for index in 0..<count {
      let raw = bytes.loadUnaligned(fromByteOffset: places.next() * MemoryLayout<Raw>.size, as: Raw.self)
      (target + index).initialize(to: convert(storage.isBigEndian ? Raw(bigEndian: raw) : Raw(littleEndian: raw)))
    }
    return elements
  }
}
