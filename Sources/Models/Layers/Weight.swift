import Kernels
import Tensors

/// A tensor of a checkpoint as the kernels take it: the bytes as stored, not converted.
///
/// The tensor keeps the bytes alive; nobody writes them.
struct Weight: @unchecked Sendable {
  let tensor: Tensor
  let pointer: UnsafeRawPointer
  let type: sk_dtype

  /// - Precondition: `tensor` is f32, f16 or bf16, which `WeightReader` has checked.
  init(_ tensor: Tensor) {
    self.tensor = tensor
    pointer = UnsafeRawPointer(tensor.storage.pointer + tensor.byteOffset)
    type =
      switch tensor.dtype {
      case .f16: SK_F16
      case .bf16: SK_BF16
      default: SK_F32
      }
  }

  /// Row `index` of a matrix `[row, width]`, as f32.
  func row(_ index: Int, width: Int, into out: UnsafeMutablePointer<Float>) {
    sk_to_f32(out, pointer + index * width * tensor.dtype.byteCount, type, Int64(width))
  }
}
