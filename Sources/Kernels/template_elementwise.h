// Functions of one or two numbers, over contiguous runs.

INLINE v16 apply(sk_unary_op op, v16 x) {
  switch (op) {
  case SK_GELU: return 0.5f * x * (1.0f + error_function(x * 0.70710678f));
  case SK_GELU_TANH:
    return 0.5f * x * (1.0f + hyperbolic_tangent(0.79788456f * (x + 0.044715f * (x * x * x))));
  case SK_QUICK_GELU: return x * sigmoid(1.702f * x);
  case SK_SILU: return x * sigmoid(x);
  case SK_RELU: return select(x > splat(0), x, select(x == x, splat(0), x));
  case SK_SIGMOID: return sigmoid(x);
  case SK_TANH: return hyperbolic_tangent(x);
  case SK_EXP: return exponential(x);
  case SK_ERF: return error_function(x);
  case SK_ABS: return magnitude(x);
  case SK_SQRT: return __builtin_elementwise_sqrt(x);
  case SK_NEGATE: return -x;
  case SK_SQUARE: return x * x;
  case SK_RECIPROCAL: return 1.0f / x;
  }
  return x;
}

#define EACH_UNARY(use)                                                                                                 \
  switch (op) {                                                                                                         \
    use(SK_GELU) use(SK_GELU_TANH) use(SK_QUICK_GELU) use(SK_SILU) use(SK_RELU) use(SK_SIGMOID) use(SK_TANH)            \
    use(SK_EXP) use(SK_ERF) use(SK_ABS) use(SK_SQRT) use(SK_NEGATE) use(SK_SQUARE) use(SK_RECIPROCAL)                   \
  }

static void unary(sk_unary_op op, float *out, const float *x, int64_t count) {
#define UNARY_CASE(name)                                                                                                \
  case name: {                                                                                                          \
    int64_t i = 0;                                                                                                      \
    for (; i + 16 <= count; i += 16) store(out + i, apply(name, load(x + i)));                                          \
    if (i < count) store_some(out + i, apply(name, load_some(x + i, count - i, 0)), count - i);                         \
    break;                                                                                                              \
  }
  EACH_UNARY(UNARY_CASE)
#undef UNARY_CASE
}

static void gate(sk_unary_op op, float *out, const float *g, const float *up, int64_t count) {
#define GATE_CASE(name)                                                                                                 \
  case name: {                                                                                                          \
    int64_t i = 0;                                                                                                      \
    for (; i + 16 <= count; i += 16) store(out + i, apply(name, load(g + i)) * load(up + i));                           \
    if (i < count)                                                                                                      \
      store_some(out + i, apply(name, load_some(g + i, count - i, 0)) * load_some(up + i, count - i, 0), count - i);    \
    break;                                                                                                              \
  }
  EACH_UNARY(GATE_CASE)
#undef GATE_CASE
}

INLINE v16 combine(sk_binary_op op, v16 a, v16 b) {
  switch (op) {
  case SK_ADD: return a + b;
  case SK_SUBTRACT: return a - b;
  case SK_MULTIPLY: return a * b;
  case SK_DIVIDE: return a / b;
  case SK_MINIMUM: return select(a < b, a, select(a == a, b, a));
  case SK_MAXIMUM: return select(a > b, a, select(a == a, b, a));
  }
  return a;
}

static void binary(sk_binary_op op, float *out, const float *a, int64_t a_step, const float *b, int64_t b_step,
                   int64_t count) {
#define OPERAND(p, step, some) ((step) ? load_some((p) + i, some, 0) : splat(*(p)))
#define BINARY_CASE(name)                                                                                               \
  case name: {                                                                                                          \
    int64_t i = 0;                                                                                                      \
    for (; i + 16 <= count; i += 16) store(out + i, combine(name, OPERAND(a, a_step, 16), OPERAND(b, b_step, 16)));     \
    if (i < count)                                                                                                      \
      store_some(out + i, combine(name, OPERAND(a, a_step, count - i), OPERAND(b, b_step, count - i)), count - i);      \
    break;                                                                                                              \
  }
  switch (op) {
    BINARY_CASE(SK_ADD)
    BINARY_CASE(SK_SUBTRACT)
    BINARY_CASE(SK_MULTIPLY)
    BINARY_CASE(SK_DIVIDE)
    BINARY_CASE(SK_MINIMUM)
    BINARY_CASE(SK_MAXIMUM)
  }
#undef BINARY_CASE
#undef OPERAND
}
