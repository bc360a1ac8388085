import Kernels
import Tensors

/// A tensor of a checkpoint as the kernels take it: the bytes as stored, not converted.
///
/// The tensor keeps the bytes alive; nobody writes them.
struct Weight: @unchecked Sendable {
  let place: WeightPlace
  let tensor: Tensor
  /// How the checkpoint stores it; a value put in its place may be held as f32.
  let stored: DType
  let pointer: UnsafeRawPointer
  let type: sk_dtype
  /// How a linear map multiplies it.
  let compute: Compute

  /// - Precondition: `tensor` is f32, f16 or bf16, which those who make weights have checked.
  init(_ tensor: Tensor, at place: WeightPlace, stored: DType? = nil, compute: Compute = .f32) {
    self.place = place
    self.compute = compute
    self.tensor = tensor
    self.stored = stored ?? tensor.dtype
    pointer = UnsafeRawPointer(tensor.storage.pointer + tensor.byteOffset)
    type =
      switch tensor.dtype {
      case .f16: SK_F16
      case .bf16: SK_BF16
      default: SK_F32
      }
  }

  /// What the checkpoint calls the tensor that it is, or is a part of.
  var name: String { place.name }

  /// The types that the kernels take.
  static let dtypes: Set<DType> = [.f32, .f16, .bf16]

  /// The same weight with other values.
  func replaced(by tensor: Tensor) -> Weight {
    Weight(tensor, at: place, stored: stored, compute: compute)
  }

  func computing(_ compute: Compute) -> Weight { Weight(tensor, at: place, stored: stored, compute: compute) }

  /// The same weight held as f32, which changes no value.
  var asFloats: Weight { tensor.dtype == .f32 ? self : replaced(by: tensor.to(.f32)) }

  /// Row `index` of a matrix `[row, width]`, as f32.
  func row(_ index: Int, width: Int, into out: UnsafeMutablePointer<Float>) {
    sk_to_f32(out, pointer + index * width * tensor.dtype.byteCount, type, Int64(width))
  }
}
