import Kernels
import Tensors

/// The kernels that layers and their derivatives are made of, in one precision.
///
/// Arrays are packed, row after row. A pointer that may be nil is a result that is not wanted.
protocol LayerNumber: BinaryFloatingPoint, Sendable {
  typealias In = UnsafePointer<Self>
  typealias Out = UnsafeMutablePointer<Self>
  associatedtype Head: AttentionHead where Head.Number == Self
  associatedtype HeadGradient: AttentionHeadGradient where HeadGradient.Head == Head

  static var dtype: DType { get }
  /// How kernels of this precision read a weight; converted only where they could not.
  static func stored(_ weight: Tensor) -> StoredWeight

  static func linear(_ out: Out, _ x: In, _ weight: StoredWeight, _ bias: StoredWeight?, _ size: LinearSize)
  /// dx = dy · W
  static func linearInput(_ dx: Out, _ dy: In, _ weight: StoredWeight, _ size: LinearSize)
  /// dW = dyᵀ · x
  static func linearWeight(_ dweight: Out, _ dy: In, _ x: In, _ size: LinearSize)
  static func columnSums(_ out: Out, _ x: In, rows: Int, width: Int)

  static func rmsNorm(_ out: Out, _ x: In, _ weight: StoredWeight?, _ scale: RMSScale, rows: Int, width: Int)
  static func rmsNormBackward(
    _ dx: Out?, _ dweight: Out?, _ dy: In, _ x: In, _ weight: StoredWeight?, _ scale: RMSScale, rows: Int, width: Int)
  static func layerNorm(
    _ out: Out, _ x: In, _ weight: StoredWeight?, _ bias: StoredWeight?, _ epsilon: Float, rows: Int, width: Int)
  static func layerNormBackward(
    _ dx: Out?, _ dweight: Out?, _ dbias: Out?, _ dy: In, _ x: In, _ weight: StoredWeight?, _ epsilon: Float,
    rows: Int, width: Int)

  static func rotary(_ out: Out, _ x: In, _ cosine: In, _ sine: In, _ size: RotarySize)
  static func rotaryBackward(_ dx: Out, _ dy: In, _ cosine: In, _ sine: In, _ size: RotarySize)

  static func activationBackward(_ operation: sk_unary_op, _ dx: Out, _ dy: In, _ x: In, count: Int)
  static func gate(_ operation: sk_unary_op, _ out: Out, _ gate: In, _ up: In, rows: Int, width: Int)
  static func gateBackward(
    _ operation: sk_unary_op, _ dgate: Out?, _ dup: Out?, _ dy: In, _ gate: In, _ up: In, rows: Int, width: Int)

  static func attention(_ heads: [Head])
  /// - Parameter group: how many consecutive heads share keys and values.
  static func attentionBackward(_ heads: [HeadGradient], group: Int)

  static func crossEntropy(_ losses: Out, _ logits: In, _ targets: [Int64], _ weights: [Self], vocab: Int)
  static func crossEntropyBackward(
    _ dlogits: Out, _ dlosses: In, _ logits: In, _ targets: [Int64], _ weights: [Self], vocab: Int)

  /// out[i] = table[ids[i]], converted row by row.
  static func rows(_ out: Out, of table: Tensor, _ ids: [Int])
  /// table[ids[i]] += x[i]
  static func scatterAdd(_ table: Out, _ ids: [Int64], _ x: In, width: Int)
}

/// What an RMS norm adds to the mean square, and to its weight.
struct RMSScale {
  let epsilon: Float
  let offset: Float
}

struct LinearSize {
  let rows: Int
  let inputs: Int
  let outputs: Int
}

struct RotarySize {
  let rows: Int
  let heads: Int
  let feature: Int
  let pairs: Int
}

/// A weight's bytes as a kernel takes them. The tensor keeps them alive.
struct StoredWeight {
  let tensor: Tensor
  let pointer: UnsafeRawPointer
  let type: sk_dtype

  init(_ tensor: Tensor, _ type: sk_dtype = SK_F32) {
    self.tensor = tensor
    pointer = UnsafeRawPointer(tensor.storage.pointer + tensor.byteOffset)
    self.type = type
  }
}

/// A tensor in the making: memory that a kernel fills before anybody sees it.
struct Fresh<Number: LayerNumber> {
  private let shape: Shape
  private let storage: Storage
  let pointer: UnsafeMutablePointer<Number>

  init(_ shape: Shape) {
    self.shape = shape
    storage = Storage(byteCount: shape.count * MemoryLayout<Number>.stride)
    pointer = storage.pointer.bindMemory(to: Number.self, capacity: max(shape.count, 1))
  }

  /// Nil where nobody wants it.
  init?(_ shape: Shape, if wanted: Bool) {
    guard wanted else { return nil }
    self.init(shape)
  }

  /// The finished tensor.
  var tensor: Tensor { Tensor(shape: shape, dtype: Number.dtype, storage: storage) }
}

extension Tensor {
  /// The elements, which must be of the kernels' type; valid as long as the tensor lives.
  func elements<Number: LayerNumber>(_: Number.Type) -> UnsafePointer<Number> {
    precondition(dtype == Number.dtype)
    return UnsafeRawPointer(storage.pointer + byteOffset).assumingMemoryBound(to: Number.self)
  }
}

/// The kernels for these operands: in f64 where one of them is, otherwise in f32.
func kernels(for operands: [Variable?]) -> any LayerNumber.Type {
  operands.contains { $0?.dtype == .f64 } ? Double.self : Float.self
}
