/// The operations that have a derivative. A test checks every one of them against finite differences.
public enum Rule: String, CaseIterable, Sendable {
  // Arithmetic of pairs.
  case add, subtract, multiply, divide, minimumOfTwo, maximumOfTwo, power, remainder, choose
  // Functions of each element.
  case negated, exp, log, sin, cos, sqrt, square, reciprocal, abs, erf, clamp, floor, ceil, round, sign
  case tanh, sigmoid, relu, gelu, geluTanh, quickGelu, silu
  // Reductions and running sums.
  case sum, mean, variance, standardDeviation, norm, product, minimum, maximum, logSumExp, cumulativeSum
  case checkpoint
}
