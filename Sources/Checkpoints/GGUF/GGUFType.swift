import Tensors

/// A storage type of GGUF files by its number (`ggml_type`): blocks of `count` elements that take `byteCount` bytes.
struct GGUFType: Sendable, Equatable {
  let code: UInt32
  let name: String
  let count: Int
  let byteCount: Int
  /// Nil for types that are known but not read.
  let dtype: DType?

  private init(_ code: UInt32, _ name: String, _ count: Int, _ byteCount: Int, _ dtype: DType? = nil) {
    self.code = code
    self.name = name
    self.count = count
    self.byteCount = byteCount
    self.dtype = dtype
  }

  private init(_ code: UInt32, _ type: BlockType) {
    self.init(code, type.rawValue, type.count, type.byteCount, .blocks(type))
  }

  static let all: [GGUFType] = [
    GGUFType(0, "f32", 1, 4, .f32), GGUFType(1, "f16", 1, 2, .f16), GGUFType(30, "bf16", 1, 2, .bf16),
    GGUFType(28, "f64", 1, 8, .f64), GGUFType(27, "i64", 1, 8, .i64), GGUFType(2, .q40), GGUFType(3, .q41),
    GGUFType(6, .q50), GGUFType(7, .q51), GGUFType(8, .q80), GGUFType(10, .q2K), GGUFType(11, .q3K),
    GGUFType(12, .q4K), GGUFType(13, .q5K), GGUFType(14, .q6K), GGUFType(9, "q8_1", 32, 40),
    GGUFType(15, "q8_K", 256, 292), GGUFType(16, "iq2_xxs", 256, 66), GGUFType(17, "iq2_xs", 256, 74),
    GGUFType(18, "iq3_xxs", 256, 98), GGUFType(19, "iq1_s", 256, 50), GGUFType(20, "iq4_nl", 32, 18),
    GGUFType(21, "iq3_s", 256, 110), GGUFType(22, "iq2_s", 256, 82), GGUFType(23, "iq4_xs", 256, 136),
    GGUFType(24, "i8", 1, 1), GGUFType(25, "i16", 1, 2), GGUFType(26, "i32", 1, 4), GGUFType(29, "iq1_m", 256, 56),
    GGUFType(34, "tq1_0", 256, 54), GGUFType(35, "tq2_0", 256, 66), GGUFType(39, "mxfp4", 32, 17),
  ]

  static func numbered(_ code: UInt32) -> GGUFType? { all.first { $0.code == code } }
  static func of(_ dtype: DType) -> GGUFType? { all.first { $0.dtype == dtype } }
  /// What is read, for errors.
  static var read: [String] { all.filter { $0.dtype != nil }.map(\.name) }

  /// Bytes that a tensor takes whose rows have `row` elements and that has `count` of them; nil where rows are not whole
  /// blocks or the number is too large.
  func byteCount(of count: Int, row: Int) -> Int? {
    guard row % self.count == 0 else { return nil }
    return product([count / self.count, byteCount])
  }
}
