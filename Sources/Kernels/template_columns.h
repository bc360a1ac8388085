// Sums down the columns: blocks of sum_block rows, each from 0 in the order of the rows, added in order.

// `vectors` times 16 columns, or `some` (< 16) in a single vector.
INLINE void column_group(const column_job *job, int64_t column, int vectors, int64_t some) {
  for (int64_t row0 = 0; row0 < job->rows || row0 == 0; row0 += sum_block) {
    int64_t row1 = job->rows - row0 < sum_block ? job->rows : row0 + sum_block;
    v16 block[4] = {};
    for (int64_t i = row0; i < row1; i++) {
      const float *a = job->a + i * job->a_stride + column, *b = job->b ? job->b + i * job->b_stride + column : NULL;
      _Pragma("unroll") for (int c = 0; c < vectors; c++) {
        if (!b) {
          block[c] += load_some(a + 16 * c, some, 0);
          continue;
        }
        v16 v = load_some(b + 16 * c, some, 0);
        if (job->shift) v -= job->shift[i];
        block[c] = FMA(load_some(a + 16 * c, some, 0), v * job->factor[i], block[c]);
      }
    }
    bool add = row0 > 0 || job->accumulate;
    for (int c = 0; c < vectors; c++) {
      float *out = job->out + column + 16 * c;
      store_some(out, add ? load_some(out, some, 0) + block[c] : block[c], some);
    }
  }
}

static void columns(const column_job *job, int64_t column0, int64_t column1) {
  for (; column0 + 64 <= column1; column0 += 64) column_group(job, column0, 4, 16);
  OVER_LANES(column1 - column0, column_group(job, column0 + i, 1, some););
}
