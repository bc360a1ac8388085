import Kernels

/// How GGUF files store quantised rows: blocks of 32 or 256 small integers that share scales.
///
/// The names are llama.cpp's. A number is `scale · integer`, with an offset in those of a second scale; what it is in f32
/// is defined to the bit by the kernels (`template_blocks.h`).
public enum BlockType: String, Sendable, CaseIterable {
  case q40 = "q4_0"
  case q41 = "q4_1"
  case q50 = "q5_0"
  case q51 = "q5_1"
  case q80 = "q8_0"
  case q2K = "q2_K"
  case q3K = "q3_K"
  case q4K = "q4_K"
  case q5K = "q5_K"
  case q6K = "q6_K"

  /// Numbers in a block.
  public var count: Int { Int(sk_block_count(kernel)) }
  /// Bytes that a block takes.
  public var byteCount: Int { Int(sk_block_bytes(kernel)) }

  var kernel: sk_dtype {
    switch self {
    case .q40: SK_Q4_0
    case .q41: SK_Q4_1
    case .q50: SK_Q5_0
    case .q51: SK_Q5_1
    case .q80: SK_Q8_0
    case .q2K: SK_Q2_K
    case .q3K: SK_Q3_K
    case .q4K: SK_Q4_K
    case .q5K: SK_Q5_K
    case .q6K: SK_Q6_K
    }
  }
}

extension DType {
  /// f32 for numbers in blocks.
  public var unpacked: DType {
    if case .blocks = self { .f32 } else { self }
  }
}

extension Tensor {
  /// This tensor where its elements lie by themselves, its f32 copy where they lie in blocks.
  public var unpacked: Tensor {
    if case .blocks = dtype { to(.f32) } else { self }
  }
}
