/// The operations that have a derivative. A test checks every one of them against finite differences.
public enum Rule: String, CaseIterable, Sendable {
  // Arithmetic of pairs.
  case add, subtract, multiply, divide, minimumOfTwo, maximumOfTwo, power, remainder, choose
  // Functions of each element.
  case negated, exp, log, sin, cos, sqrt, square, reciprocal, abs, erf, clamp, floor, ceil, round, sign
  case tanh, sigmoid, relu, gelu, geluTanh, quickGelu, silu
  // Reductions and running sums.
  case sum, mean, variance, standardDeviation, norm, product, minimum, maximum, logSumExp, cumulativeSum
  // Products and norms along axes.
  case contract, einsum, cosineSimilarity, softmax, logSoftmax, unit, rmsNorm, layerNorm
  // Axes and storage.
  case reorder, transpose, rename, reshape, split, merge, squeeze, expand, labelled, cast
  // Parts and joints.
  case select, selectWhere, take, put, addAt, concat, stack, sorted, top, median
  // Matrices.
  case diagonal, lowerTriangle, upperTriangle, solve, inverse, determinant, qr, svd, eigh
  case orthonormalRowsByQR, orthonormalRowsByHouseholder
  // Layers of a transformer.
  case linear, rotary, attention, gate, crossEntropy, embedding
  // Edits.
  case blend, stating
  case checkpoint
}
