import Kernels
import Tensors

/// The length of all gradients together, √Σ g²: in double precision, in the order given, the same bits for every
/// number of threads.
public func globalNorm(_ gradients: [Tensor]) -> Double {
  gradients.reduce(0) { sum, gradient in
    sum + gradient.to(.f32).withFloats { sk_sum_of_squares($0.baseAddress, Int64($0.count)) }
  }.squareRoot()
}

/// What gradients of this global norm are multiplied by so that it is at most `limit`, as torch's `clip_grad_norm_`
/// reckons it.
public func clippingScale(norm: Double, limit: Double?) -> Double {
  guard let limit else { return 1 }
  return min(1, limit / (norm + 1e-6))
}
