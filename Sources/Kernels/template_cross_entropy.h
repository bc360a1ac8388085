// −log softmax(x)[target] of one row and its derivative.

// Blocks of exponentials per partial sum: a vocabulary is long, and one running sum would lose digits.
enum { exponentials_per_sum = 1024 };

INLINE float largest_of_row(const float *x, int64_t width) {
  v16 top = splat(-INFINITY);
  OVER_LANES(width, top = larger(load_some(x + i, some, -INFINITY), top););
  return largest(top);
}

// Σ e^(x − most)
INLINE float exponentials(const float *x, int64_t width, float most) {
  v16 total = splat(0);
  for (int64_t start = 0; start < width; start += exponentials_per_sum) {
    int64_t count = width - start < exponentials_per_sum ? width - start : exponentials_per_sum;
    v16 block = splat(0);
    OVER_LANES(count, block += exponential(load_some(x + start + i, some, -INFINITY) - most););
    total += block;
  }
  return sum(total);
}

static float cross_entropy(const float *x, int64_t width, int64_t target) {
  float most = largest_of_row(x, width);
  return (most - x[target]) + (float)log((double)exponentials(x, width, most));
}

static void cross_entropy_backward(float *dx, const float *x, int64_t width, int64_t target, float factor) {
  float most = largest_of_row(x, width), share = factor / exponentials(x, width, most);
  OVER_LANES(width, store_some(dx + i, exponential(load_some(x + i, some, -INFINITY) - most) * share, some););
  dx[target] -= factor;
}
