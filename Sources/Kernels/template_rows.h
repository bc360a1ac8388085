// Kernels on one row: softmax, norms, rotary embedding. Sums run in 16 lanes, lane i taking the elements i, i + 16, …

static void softmax(float *out, const float *x, int64_t width, float scale) {
  int64_t i = 0;
  v16 top = splat(-INFINITY);
  for (; i + 16 <= width; i += 16) {
    v16 v = load(x + i) * scale;
    store(out + i, v);
    top = larger(v, top);
  }
  if (i < width) {
    v16 v = load_some(x + i, width - i, -INFINITY);
    v16 scaled = v * scale;
    store_some(out + i, scaled, width - i);
    // Only the loaded lanes count: -inf · scale in the others may be NaN or +inf.
    for (int64_t j = 0; j < width - i; j++) top[j] = scaled[j] > top[j] ? scaled[j] : top[j];
  }
  float most = largest(top);
  if (most == -INFINITY) {
    // Nothing to weigh: all -inf, or NaN, which must not vanish.
    for (i = 0; i < width; i++) out[i] = out[i] == -INFINITY ? 0 : NAN;
    return;
  }
  v16 total = splat(0);
  for (i = 0; i + 16 <= width; i += 16) {
    v16 e = exponential(load(out + i) - most);
    store(out + i, e);
    total += e;
  }
  if (i < width) {
    v16 e = exponential(load_some(out + i, width - i, -INFINITY) - most);
    store_some(out + i, e, width - i);
    total += e;
  }
  float all = sum(total);
  for (i = 0; i + 16 <= width; i += 16) store(out + i, load(out + i) / all);
  if (i < width) store_some(out + i, load_some(out + i, width - i, 0) / all, width - i);
}

// 1/√(mean(x²) + eps)
INLINE float rms_factor(const float *x, int64_t width, float eps) {
  v16 squares = splat(0);
  int64_t i = 0;
  for (; i + 16 <= width; i += 16) {
    v16 v = load(x + i);
    squares = FMA(v, v, squares);
  }
  if (i < width) {
    v16 v = load_some(x + i, width - i, 0);
    squares = FMA(v, v, squares);
  }
  return 1.0f / sqrtf(sum(squares) / (float)width + eps);
}

static void rmsnorm(float *out, const float *x, int64_t width, const void *weight, sk_dtype type, float offset,
                    float eps) {
  float factor = rms_factor(x, width, eps);
  for (int64_t i = 0; i < width; i += 16) {
    int64_t some = width - i < 16 ? width - i : 16;
    v16 v = load_some(x + i, some, 0) * factor;
    if (weight) v *= load_stored(weight, type, i, some) + offset;
    store_some(out + i, v, some);
  }
}

// 1/√(variance + eps), and the mean.
INLINE float deviation_factor(const float *x, int64_t width, float eps, float *found) {
  v16 total = splat(0), squares = splat(0);
  for (int64_t i = 0; i < width; i += 16) total += load_some(x + i, width - i < 16 ? width - i : 16, 0);
  float mean = sum(total) / (float)width;
  for (int64_t i = 0; i < width; i += 16) {
    int64_t some = width - i < 16 ? width - i : 16;
    v16 v = load_some(x + i, some, mean) - mean;
    squares = FMA(v, v, squares);
  }
  *found = mean;
  return 1.0f / sqrtf(sum(squares) / (float)width + eps);
}

static void layernorm(float *out, const float *x, int64_t width, const void *weight, const void *bias, sk_dtype type,
                      float eps) {
  float mean, factor = deviation_factor(x, width, eps, &mean);
  for (int64_t i = 0; i < width; i += 16) {
    int64_t some = width - i < 16 ? width - i : 16;
    v16 v = (load_some(x + i, some, 0) - mean) * factor;
    if (weight) v *= load_stored(weight, type, i, some);
    if (bias) v += load_stored(bias, type, i, some);
    store_some(out + i, v, some);
  }
}

// direction: 1, or -1 to turn back.
static void rope(float *out, const float *x, int64_t heads, int64_t head_width, int64_t rotary, const float *cosine,
                 const float *sine, float direction) {
  int64_t half = rotary / 2;
  for (int64_t h = 0; h < heads; h++, x += head_width, out += head_width) {
    for (int64_t j = 0; j < half; j += 16) {
      int64_t some = half - j < 16 ? half - j : 16;
      v16 a = load_some(x + j, some, 0), b = load_some(x + half + j, some, 0);
      v16 c = load_some(cosine + j, some, 0), s = load_some(sine + j, some, 0) * direction;
      store_some(out + j, a * c - b * s, some);
      store_some(out + half + j, b * c + a * s, some);
    }
    if (out != x && rotary < head_width)
      memcpy(out + rotary, x + rotary, (size_t)(head_width - rotary) * sizeof(float));
  }
}
