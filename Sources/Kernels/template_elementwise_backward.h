// Derivatives of functions of one number.

INLINE v16 slope(sk_unary_op op, v16 x) {
  switch (op) {
  case SK_GELU:  // Φ(x) + x·φ(x)
    return 0.5f * (1.0f + error_function(x * 0.70710678f)) + x * (0.39894228f * exponential(-0.5f * x * x));
  case SK_GELU_TANH: {
    v16 square = x * x, t = hyperbolic_tangent(0.79788456f * (x + 0.044715f * (square * x)));
    return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * (0.79788456f * (1.0f + 0.134145f * square));
  }
  case SK_QUICK_GELU: {
    v16 s = sigmoid(1.702f * x);
    return s * (1.0f + 1.702f * x * (1.0f - s));
  }
  case SK_SILU: {
    v16 s = sigmoid(x);
    return s * (1.0f + x * (1.0f - s));
  }
  case SK_RELU: return select(x > splat(0), splat(1), select(x == x, splat(0), x));
  case SK_SIGMOID: {
    v16 s = sigmoid(x);
    return s * (1.0f - s);
  }
  case SK_TANH: {
    v16 t = hyperbolic_tangent(x);
    return 1.0f - t * t;
  }
  case SK_EXP: return exponential(x);
  case SK_ERF: return 1.1283792f * exponential(-(x * x));
  case SK_ABS: return select(x > splat(0), splat(1), select(x < splat(0), splat(-1), select(x == x, splat(0), x)));
  case SK_SQRT: return 0.5f / __builtin_elementwise_sqrt(x);
  case SK_NEGATE: return splat(-1);
  case SK_SQUARE: return 2.0f * x;
  case SK_RECIPROCAL: return -1.0f / (x * x);
  }
  return x;
}

static void unary_backward(sk_unary_op op, float *dx, const float *dy, const float *x, int64_t count) {
#define SLOPE_CASE(name)                                                                                                \
  case name:                                                                                                            \
    OVER_LANES(count, store_some(dx + i, load_some(dy + i, some, 0) * slope(name, load_some(x + i, some, 1)), some););  \
    break;
  EACH_UNARY(SLOPE_CASE)
#undef SLOPE_CASE
}

static void gate_backward(sk_unary_op op, float *dgate, float *dup, const float *dy, const float *g, const float *up,
                          int64_t count) {
#define GATE_SLOPE_CASE(name)                                                                                           \
  case name:                                                                                                            \
    OVER_LANES(count, v16 d = load_some(dy + i, some, 0); v16 x = load_some(g + i, some, 1);                            \
               v16 factor = load_some(up + i, some, 0);                                                                 \
               if (dgate) store_some(dgate + i, d * factor * slope(name, x), some);                                     \
               if (dup) store_some(dup + i, d * apply(name, x), some););                                                \
    break;
  EACH_UNARY(GATE_SLOPE_CASE)
#undef GATE_SLOPE_CASE
}
