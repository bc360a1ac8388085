/// How elements are stored. Arithmetic is in f64 where an operand is f64, otherwise in f32 whatever the storage; weights
/// stay as they lie in the file.
public enum DType: Sendable, Hashable {
  case f32, f16, bf16
  /// For measurements of the library itself and for arrays that come so; models compute in f32.
  case f64
  /// Token ids and indices.
  case i64
  /// Masks; one byte each.
  case bool
  /// A quantised matrix, whose rows are whole blocks: only linear maps and look-ups read it as it is. Every other operation
  /// takes its f32 copy, `to(.f32)`.
  case blocks(BlockType)

  /// The types whose elements lie by themselves.
  public static let plain: [DType] = [.f32, .f16, .bf16, .f64, .i64, .bool]

  /// `f32`, `bf16`, `q4_K`, …
  public var rawValue: String {
    switch self {
    case .f32: "f32"
    case .f16: "f16"
    case .bf16: "bf16"
    case .f64: "f64"
    case .i64: "i64"
    case .bool: "bool"
    case .blocks(let type): type.rawValue
    }
  }

  /// The plain type of this name, or nil.
  public init?(rawValue: String) {
    guard let found = Self.plain.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = found
  }

  /// Bytes of one element.
  /// - Precondition: the type is plain.
  public var byteCount: Int {
    switch self {
    case .f32: return 4
    case .f64: return 8
    case .f16, .bf16: return 2
    case .i64: return 8
    case .bool: return 1
    case .blocks: preconditionFailure("numbers in blocks have no bytes of their own")
    }
  }

  /// Bytes of `count` elements, which are whole blocks where they lie in blocks.
  public func byteCount(of count: Int) -> Int {
    guard case .blocks(let type) = self else { return count * byteCount }
    return count / type.count * type.byteCount
  }
}
