import Kernels

/// c · tanh(x / c): keeps numbers within ±c and leaves small ones nearly alone.
struct Softcap: Sendable {
  let limit: Float

  /// In place over `count` elements.
  func apply(_ x: UnsafeMutablePointer<Float>, count: Int) {
    var limit = limit
    sk_binary(SK_DIVIDE, x, x, 1, &limit, 0, Int64(count))
    sk_unary(SK_TANH, x, x, Int64(count))
    sk_binary(SK_MULTIPLY, x, x, 1, &limit, 0, Int64(count))
  }
}
