// One row times a matrix that lies as [columns, inner], as it is when a model decodes. Each output element is a chain of its own,
// as in template_linear.h, so eight weight rows are turned around on the way.

// Asks for `inner` elements of each of 32 rows.
INLINE void prefetch_rows(const void *w, sk_dtype type, int64_t stride, int64_t inner) {
  int64_t bytes = inner * (type == SK_F32 ? 4 : 2);
  for (int i = 0; i < 32; i++)
    for (int64_t b = 0; b < bytes; b += 64) __builtin_prefetch((const char *)element_at(w, type, i * stride) + b, 0, 2);
}

// Keeps the compiler from loading for all chains before it works on the first one: there are not registers enough.
INLINE void in_order(void) { __asm__ volatile("" ::: "memory"); }

// One row times 8 weight rows, for four chains at once, which hide each other's latency. Chain g sums `inner` products of
// x[g] with the rows at w[g].
INLINE void four_chains(v8 acc[4], const float *const x[4], const void *const w[4], sk_dtype type, int64_t stride,
                        int64_t inner) {
  for (int g = 0; g < 4; g++) acc[g] = (v8){};
  int64_t k = 0;
  for (; k + step_of(type) <= inner; k += step_of(type))
    _Pragma("unroll") for (int g = 0; g < 4; g++) {
      v8 columns[8];
      transposed_step(columns, element_at(w[g], type, k), type, stride);
      _Pragma("unroll") for (int i = 0; i < step_of(type); i++)
        acc[g] = FMA(x[g][k + i] - (v8){}, columns[i], acc[g]);
      in_order();
    }
  for (; k < inner; k++)
    for (int g = 0; g < 4; g++) {
      v8 column;
      for (int i = 0; i < 8; i++) column[i] = stored_element(w[g], type, i * stride + k);
      acc[g] = FMA(x[g][k] - (v8){}, column, acc[g]);
    }
}

// The same for four blocks that follow each other in 8 weight rows. Every step asks for as much memory as it reads, from
// `next` on; nothing new where `stays`.
INLINE void four_blocks(v8 acc[4], const float *x, const void *w, sk_dtype type, int64_t stride, const char *next,
                        bool stays) {
  int64_t line = stays ? 0 : 64;
  for (int g = 0; g < 4; g++) acc[g] = (v8){};
  for (int64_t k = 0; k < sum_block; k += step_of(type))
    _Pragma("unroll") for (int g = 0; g < 4; g++) {
      v8 columns[8];
      __builtin_prefetch(next, 0, 2);
      __builtin_prefetch(next + line, 0, 2);
      next += 2 * line;
      transposed_step(columns, element_at(w, type, g * sum_block + k), type, stride);
      _Pragma("unroll") for (int i = 0; i < step_of(type); i++)
        acc[g] = FMA(x[g * sum_block + k + i] - (v8){}, columns[i], acc[g]);
      in_order();
    }
}

enum { four_sum_blocks = 4 * sum_block };

// The whole blocks, four at a time, of 8 weight rows. They lie together in memory and so do the next ones, which are asked
// for meanwhile, from one end to the other: that is how memory is fastest, and it suits few pages at a time.
INLINE v8 blocks_by_four(const float *x, const char *rows, sk_dtype type, int64_t stride, int64_t fours, bool last) {
  v8 total = {}, acc[4];
  int64_t group = 8 * stride * (type == SK_F32 ? 4 : 2);
  int64_t per_step = 8 * four_sum_blocks * (type == SK_F32 ? 4 : 2), steps = fours / four_sum_blocks;
  int64_t rest = (group - steps * per_step) / steps;  // what is read elsewhere: columns beyond `fours`
  const char *next = last ? (const char *)x : rows + group;
  for (int64_t s = 0; s < steps; s++) {
    four_blocks(acc, x + s * four_sum_blocks, element_at(rows, type, s * four_sum_blocks), type, stride, next, last);
    if (!last) {
      next += per_step;
      for (int64_t i = 0; i < rest; i += 64) __builtin_prefetch(next + i, 0, 2);
      next += rest;
    }
    for (int b = 0; b < 4; b++) total = s + b == 0 ? acc[b] : total + acc[b];
  }
  return total;
}

// One row of x times 32 rows of the weight from column0 on; `last` where nothing behind them is wanted. Whole blocks go four
// at a time for each 8 weight rows; what is left goes block by block for the four groups of 8 rows together.
INLINE void vector_times_rows(const linear_job *job, sk_dtype type, const float *x, float *out, int64_t column0,
                              bool last) {
  v8 total[4] = {}, acc[4];
  int64_t stride = job->weight_stride, fours = job->k / four_sum_blocks * four_sum_blocks;
  const void *w = element_at(job->weight, type, column0 * stride);
  if (fours > 0)
    for (int g = 0; g < 4; g++)
      total[g] = blocks_by_four(x, element_at(w, type, 8 * g * stride), type, stride, fours, last && g == 3);
  for (int64_t k = fours; k < job->k; k += sum_block) {
    int64_t inner = job->k - k < sum_block ? job->k - k : sum_block;
    if (fours == 0 && !last) prefetch_rows(element_at(w, type, 32 * stride + k), type, stride, inner);
    const float *xs[4];
    const void *ws[4];
    for (int g = 0; g < 4; g++) {
      xs[g] = x + k;
      ws[g] = element_at(w, type, 8 * g * stride + k);
    }
    four_chains(acc, xs, ws, type, stride, inner);
    for (int g = 0; g < 4; g++) total[g] = k == 0 ? acc[g] : total[g] + acc[g];
  }
  for (int g = 0; g < 4; g++) memcpy(out + column0 + 8 * g, &total[g], sizeof total[g]);
}

static void vector_times_rows_f32(const linear_job *job, const float *x, float *out, int64_t column0, bool last) {
  vector_times_rows(job, SK_F32, x, out, column0, last);
}
static void vector_times_rows_f16(const linear_job *job, const float *x, float *out, int64_t column0, bool last) {
  vector_times_rows(job, SK_F16, x, out, column0, last);
}
static void vector_times_rows_bf16(const linear_job *job, const float *x, float *out, int64_t column0, bool last) {
  vector_times_rows(job, SK_BF16, x, out, column0, last);
}
