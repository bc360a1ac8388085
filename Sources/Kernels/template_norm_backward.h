// Derivatives of row kernels with respect to their rows.

// dx = scale · y · (dy − Σ dy·y)
static void softmax_backward(float *dx, const float *dy, const float *y, int64_t width, float scale) {
  v16 products = splat(0);
  OVER_LANES(width, products = FMA(load_some(dy + i, some, 0), load_some(y + i, some, 0), products););
  float mean = sum(products);
  OVER_LANES(width, store_some(dx + i, scale * load_some(y + i, some, 0) * (load_some(dy + i, some, 0) - mean), some););
}

// The gradient of what the weight multiplies.
INLINE v16 weighted(const float *dy, const void *weight, sk_dtype type, float offset, int64_t i, int64_t some) {
  v16 g = load_some(dy + i, some, 0);
  return weight ? g * (load_stored(weight, type, i, some) + offset) : g;
}

// With r = 1/rms and g = dy · weight: dx = r · (g − x · r² · mean(g·x)).
static float rmsnorm_backward(float *dx, const float *dy, const float *x, int64_t width, const void *weight, sk_dtype type,
                              float offset, float eps) {
  float factor = rms_factor(x, width, eps);
  if (!dx) return factor;
  v16 products = splat(0);
  OVER_LANES(width,
             products = FMA(weighted(dy, weight, type, offset, i, some), load_some(x + i, some, 0), products););
  float slope = sum(products) / (float)width * factor * factor;
  OVER_LANES(width, v16 g = weighted(dy, weight, type, offset, i, some);
             store_some(dx + i, factor * (g - load_some(x + i, some, 0) * slope), some););
  return factor;
}

// With z = (x − mean) · r and g = dy · weight: dx = r · (g − mean(g) − z · mean(g·z)).
static float layernorm_backward(float *dx, const float *dy, const float *x, int64_t width, const void *weight,
                                sk_dtype type, float eps, float *found) {
  float mean, factor = deviation_factor(x, width, eps, &mean);
  *found = mean;
  if (!dx) return factor;
  v16 total = splat(0), products = splat(0);
  OVER_LANES(width, v16 g = weighted(dy, weight, type, 0, i, some); total += g;
             products = FMA(g, (load_some(x + i, some, mean) - mean) * factor, products););
  float level = sum(total) / (float)width, slope = sum(products) / (float)width;
  OVER_LANES(width, v16 g = weighted(dy, weight, type, 0, i, some);
             v16 z = (load_some(x + i, some, mean) - mean) * factor;
             store_some(dx + i, factor * (g - level - z * slope), some););
  return factor;
}
