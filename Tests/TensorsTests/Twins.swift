import Kernels

/// An f32 kernel and its twin in double precision on the same numbers.
struct Twin {
  let name: String
  /// Errors count relative to the expected magnitude or to this, whichever is larger: the size of the terms of a sum.
  let floor: Double
  let single: () -> [Float]
  let double: () -> [Double]

  init(_ name: String, floor: Double = 0.3, _ single: @escaping () -> [Float], _ double: @escaping () -> [Double]) {
    self.name = name
    self.floor = floor
    self.single = single
    self.double = double
  }

  /// The largest error of the f32 kernel.
  func error() -> Double {
    zip(single(), double()).map { abs(Double($0) - $1) / max(abs($1), floor) }
      .reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
  }
}

/// Numbers in both precisions.
struct Numbers {
  let f: [Float]
  let d: [Double]

  init(_ values: [Float]) {
    f = values
    d = values.map(Double.init)
  }

  init(_ count: Int, _ generator: inout TestNumbers, times scale: Float = 1, plus offset: Float = 0) {
    self.init(generator.array(count).map { $0 * scale + offset })
  }
}

func singles(_ count: Int, _ write: (UnsafeMutablePointer<Float>) -> Void) -> [Float] {
  [Float](unsafeUninitializedCapacity: count) { buffer, used in
    buffer.initialize(repeating: .nan)
    if let base = buffer.baseAddress { write(base) }
    used = count
  }
}

func doubles(_ count: Int, _ write: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
  [Double](unsafeUninitializedCapacity: count) { buffer, used in
    buffer.initialize(repeating: .nan)
    if let base = buffer.baseAddress { write(base) }
    used = count
  }
}

let unaryOps: [sk_unary_op] = [
  SK_GELU, SK_GELU_TANH, SK_QUICK_GELU, SK_SILU, SK_RELU, SK_SIGMOID, SK_TANH, SK_EXP, SK_ERF, SK_ABS, SK_SQRT,
  SK_NEGATE, SK_SQUARE, SK_RECIPROCAL,
]
