// Loads, sums and elementary functions on 16 lanes.

#if LEVEL == 0
#define FMA(a, b, c) ((a) * (b) + (c))
#else
#define FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#endif

// Subtracting zero is the identity, so the compiler leaves a plain broadcast (adding it would turn -0 into 0).
INLINE v16 splat(float value) { return value - (v16){}; }
INLINE v16 load(const float *p) {
  v16 v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE void store(float *p, v16 v) { memcpy(p, &v, sizeof v); }
// The first `count` of 16 elements; `fill` in the rest.
INLINE v16 load_some(const float *p, int64_t count, float fill) {
  v16 v = splat(fill);
  memcpy(&v, p, (size_t)count * sizeof(float));
  return v;
}
INLINE void store_some(float *p, v16 v, int64_t count) { memcpy(p, &v, (size_t)count * sizeof(float)); }

// Runs the statements for `count` elements, 16 at a time: `i` is the first of them and `some` how many, a constant but for
// the last.
#define OVER_LANES(count, ...)                                                                                          \
  do {                                                                                                                  \
    int64_t i = 0;                                                                                                      \
    for (; i + 16 <= (count); i += 16) {                                                                                \
      enum { some = 16 };                                                                                               \
      __VA_ARGS__                                                                                                       \
    }                                                                                                                   \
    if (i < (count)) {                                                                                                  \
      const int64_t some = (count) - i;                                                                                 \
      __VA_ARGS__                                                                                                       \
    }                                                                                                                   \
  } while (0)

INLINE v16 select(i16x mask, v16 yes, v16 no) { return (v16)((mask & (i16x)yes) | (~mask & (i16x)no)); }
INLINE v16 larger(v16 a, v16 b) { return select(a > b, a, b); }
INLINE v16 magnitude(v16 x) { return (v16)((i16x)x & 0x7fffffff); }
INLINE v16 with_sign_of(v16 value, v16 sign) {
  return (v16)((i16x)value | ((i16x)sign & (i16x)splat(-0.0f)));
}

// The sum of the lanes, halves first: one order for all levels.
INLINE float sum(v16 v) {
  v8 a = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  v4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
  return (b[0] + b[2]) + (b[1] + b[3]);
}
INLINE float largest(v16 v) {
  float m = v[0];
  for (int i = 1; i < 16; i++) m = v[i] > m ? v[i] : m;
  return m;
}

// eˣ to about 1.5e-7 relative: 2ⁿ · e^r with |r| <= ln2/2, e^r = 1 + r + r²p(r), p fitted to 1.3e-7.
INLINE v16 exponential(v16 x) {
  v16 inside = select(x < splat(-104.0f), splat(-104.0f), select(x > splat(89.0f), splat(89.0f), x));
  const float shift = 12582912.0f;  // 1.5 · 2²³: adding it rounds to an integer
  v16 n = inside * 1.44269504f + shift - shift;
  v16 r = FMA(n, splat(-0.693359375f), inside);
  r = FMA(n, splat(2.12194440e-4f), r);
  v16 p = splat(1.390128345e-3f);
  p = FMA(p, r, splat(8.363146339e-3f));
  p = FMA(p, r, splat(4.166685347e-2f));
  p = FMA(p, r, splat(1.666657728e-1f));
  p = FMA(p, r, splat(4.999999955e-1f));
  p = FMA(p, r * r, r) + 1.0f;
  // 2ⁿ in two factors, so that both ends of the range come out right.
  i16x exponent = __builtin_convertvector(select(x == x, n, splat(0)), i16x);
  i16x first = exponent >> 1, second = exponent - first;
  v16 result = p * (v16)((first + 127) << 23) * (v16)((second + 127) << 23);
  result = select(x > splat(88.72284f), splat(INFINITY), result);
  return select(x == x, result, x);
}

INLINE v16 sigmoid(v16 x) { return 1.0f / (1.0f + exponential(-x)); }

// tanh to about 2e-7 relative: an odd polynomial near 0, 1 − 2/(e²ˣ + 1) beyond.
INLINE v16 hyperbolic_tangent(v16 x) {
  v16 a = magnitude(x), u = x * x;
  v16 p = splat(-6.096937047e-3f);
  p = FMA(p, u, splat(2.099735400e-2f));
  p = FMA(p, u, splat(-5.385095261e-2f));
  p = FMA(p, u, splat(1.333277008e-1f));
  p = FMA(p, u, splat(-3.333332895e-1f));
  v16 small = FMA(p * u, x, x);
  v16 big = with_sign_of(1.0f - 2.0f / (exponential(a + a) + 1.0f), x);
  return select(a < splat(0.625f), small, select(x == x, big, x));
}

// erf to about 2e-7 relative: x·p(x²) up to 1, 1 − e^{q(|x|)} beyond, where q fits log erfc to 1.2e-8.
INLINE v16 error_function(v16 x) {
  v16 a = magnitude(x), u = x * x;
  v16 p = splat(7.853857686e-5f);
  p = FMA(p, u, splat(-8.010192516e-4f));
  p = FMA(p, u, splat(5.188327560e-3f));
  p = FMA(p, u, splat(-2.685381187e-2f));
  p = FMA(p, u, splat(1.128358515e-1f));
  p = FMA(p, u, splat(-3.761262582e-1f));
  p = FMA(p, u, splat(1.128379166f));
  v16 small = p * x;
  v16 t = select(a > splat(4.0f), splat(4.0f), a);  // 1 − erf(4) is below half a unit in the last place of 1
  v16 q = splat(1.601141207e-6f);
  q = FMA(q, t, splat(-4.532606738e-5f));
  q = FMA(q, t, splat(5.904569046e-4f));
  q = FMA(q, t, splat(-4.728974132e-3f));
  q = FMA(q, t, splat(2.633150043e-2f));
  q = FMA(q, t, splat(-1.099174033e-1f));
  q = FMA(q, t, splat(-6.320044371e-1f));
  q = FMA(q, t, splat(-1.130125580f));
  q = FMA(q, t, splat(2.926454576e-4f));
  v16 big = with_sign_of(1.0f - exponential(q), x);
  return select(a < splat(1.0f), small, select(x == x, big, x));
}
