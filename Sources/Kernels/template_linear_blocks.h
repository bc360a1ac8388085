// Products with weights that are stored in blocks. Some numbers of 8 rows at a time are unpacked to f32, which stays in the
// first cache level, and go from there the way of an f32 weight: so the bits are those of its unpacked copy.

// Numbers of a row that are unpacked at a time; rows of them lie apart so that they do not share cache sets.
enum { part_runs = 4, part = part_runs * block_run, part_stride = part + 16 };

// panel[inner][tile_columns] in f32 from weight rows column0..<column0 + count; zeros beyond.
static void pack_block_rows(float *panel, const linear_job *job, int64_t column0, int64_t count, int64_t inner0,
                            int64_t inner) {
  _Alignas(64) float rows[8 * part_stride];
  int64_t stride = stored_bytes(job->weight_type, job->weight_stride);
  const char *w = (const char *)job->weight + column0 * stride;
  for (int64_t j = 0; j < tile_columns; j += 8)
    for (int64_t k = 0; k < inner; k += part) {
      int64_t some = inner - k < part ? inner - k : part;
      for (int64_t i = 0; i < 8; i++) {
        if (j + i < count) {
          unpack_runs(rows + i * part_stride, w + (j + i) * stride, job->weight_type, (inner0 + k) / block_run,
                      some / block_run);
        } else {
          memset(rows + i * part_stride, 0, (size_t)some * sizeof(float));
        }
      }
      for (int64_t c = 0; c < some; c += 4) {
        v8 columns[8];
        transposed_step(columns, rows + c, SK_F32, part_stride);
        for (int i = 0; i < 4; i++) memcpy(panel + (k + c + i) * tile_columns + j, &columns[i], 32);
      }
    }
}

// A panel from a weight that lies as [inner, columns]; its rows are whole runs, of which a tile's columns are one or a part.
static void pack_block_columns(float *panel, const linear_job *job, int64_t column0, int64_t inner0, int64_t inner) {
  _Alignas(64) float run[block_run];
  int64_t stride = stored_bytes(job->weight_type, job->weight_stride);
  const char *w = (const char *)job->weight + inner0 * stride;
  for (int64_t k = 0; k < inner; k++) {
    unpack_runs(run, w + k * stride, job->weight_type, column0 / block_run, 1);
    memcpy(panel + k * tile_columns, run + column0 % block_run, tile_columns * sizeof(float));
  }
}

// ---- One row of x ---------------------------------------------------------------------------------------------------
//
// 16 weight rows side by side in lanes, so that each output's chain of multiply-adds keeps its order. Rows are transposed as
// words of four bytes; the numbers in a word are taken out by shifts.

enum { block_groups = 2 };  // of 16 rows, whose chains hide each other's latency

typedef struct {
  u16x word[4];
} words;

// Four words of 16 rows.
INLINE words load_words(const uint8_t *p, int64_t stride) {
  u16x r[4];
  for (int i = 0; i < 4; i++) {
    u4x q[4];
    for (int lane = 0; lane < 4; lane++) memcpy(&q[lane], p + (4 * lane + i) * stride, 16);
    u8x low = __builtin_shufflevector(q[0], q[1], 0, 1, 2, 3, 4, 5, 6, 7);
    u8x high = __builtin_shufflevector(q[2], q[3], 0, 1, 2, 3, 4, 5, 6, 7);
    r[i] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  }
#define LOW_PAIRS(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH_PAIRS(a, b) __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LOW_HALVES(a, b) __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define HIGH_HALVES(a, b) __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
  u16x a = LOW_PAIRS(r[0], r[1]), b = HIGH_PAIRS(r[0], r[1]), c = LOW_PAIRS(r[2], r[3]), d = HIGH_PAIRS(r[2], r[3]);
  return (words){{LOW_HALVES(a, c), HIGH_HALVES(a, c), LOW_HALVES(b, d), HIGH_HALVES(b, d)}};
#undef LOW_PAIRS
#undef HIGH_PAIRS
#undef LOW_HALVES
#undef HIGH_HALVES
}

// The f16 number at `p` of 16 rows.
INLINE v16 load_halves16(const uint8_t *p, int64_t stride) {
  half16 h;
  for (int i = 0; i < 16; i++) {
    uint16_t bits;
    memcpy(&bits, p + i * stride, 2);
    h[i] = bits;
  }
  return widen_f16(h);
}
INLINE v16 low_halves(u16x w) { return widen_f16(__builtin_convertvector(w & 0xffff, half16)); }
INLINE v16 high_halves(u16x w) { return widen_f16(__builtin_convertvector(w >> 16, half16)); }
INLINE v16 whole(u16x w) { return __builtin_convertvector((i16x)w, v16); }
INLINE v16 signed_byte(u16x w, int at) { return __builtin_convertvector((i16x)(w << (24 - 8 * at)) >> 24, v16); }
INLINE v16 times_next(const float *x, v16 weight, v16 acc) { return FMA(splat(*x), weight, acc); }

#define EACH_GROUP _Pragma("unroll") for (int g = 0; g < block_groups; g++)
#define EACH(i, count) _Pragma("unroll") for (int i = 0; i < (count); i++)

// The products of `inner` numbers of each row, added up in order. w: the rows' blocks, stride: bytes from row to row.
INLINE void chain_q8_0(v16 acc[], const uint8_t *w, int64_t stride, const float *x, int64_t inner) {
  for (; inner > 0; inner -= 32, w += 34, x += 32) {
    v16 d[block_groups];
    EACH_GROUP d[g] = load_halves16(w + 16 * g * stride, stride);
    EACH(half, 2) {
      words q[block_groups];
      EACH_GROUP q[g] = load_words(w + 2 + 16 * half + 16 * g * stride, stride);
      EACH(i, 16) EACH_GROUP acc[g] = times_next(x + 16 * half + i, signed_byte(q[g].word[i / 4], i % 4) * d[g], acc[g]);
    }
  }
}

INLINE void chain_q4_0(v16 acc[], const uint8_t *w, int64_t stride, const float *x, int64_t inner) {
  for (; inner > 0; inner -= 32, w += 18, x += 32) {
    v16 d[block_groups];
    words q[block_groups];
    EACH_GROUP d[g] = load_halves16(w + 16 * g * stride, stride);
    EACH_GROUP q[g] = load_words(w + 2 + 16 * g * stride, stride);
    EACH(half, 2) EACH(i, 16) EACH_GROUP {
      v16 weight = (whole(q[g].word[i / 4] >> (8 * (i % 4) + 4 * half) & 15) - 8.0f) * d[g];
      acc[g] = times_next(x + 16 * half + i, weight, acc[g]);
    }
  }
}

// Scales and offsets of run `run`, from d and dmin and the twelve bytes behind them.
INLINE void k_scales(words head, int run, v16 *by, v16 *minus) {
  u16x low = head.word[1], high = head.word[2], rest = head.word[3], scale, least;
  int at = 8 * (run & 3);
  if (run < 4) {
    scale = low >> at & 63;
    least = high >> at & 63;
  } else {
    scale = (rest >> at & 15) | (low >> (at + 6) & 3) << 4;
    least = (rest >> (at + 4) & 15) | (high >> (at + 6) & 3) << 4;
  }
  *by = low_halves(head.word[0]) * whole(scale);
  *minus = high_halves(head.word[0]) * whole(least);
}

INLINE void chain_q4_k(v16 acc[], const uint8_t *w, int64_t stride, const float *x, int64_t inner) {
  for (; inner > 0; inner -= 256, w += 144, x += 256) {
    words head[block_groups];
    EACH_GROUP head[g] = load_words(w + 16 * g * stride, stride);
    for (int run = 0; run < 8; run++) {
      v16 by[block_groups], minus[block_groups];
      EACH_GROUP k_scales(head[g], run, &by[g], &minus[g]);
      EACH(half, 2) {
        words q[block_groups];
        EACH_GROUP q[g] = load_words(w + 16 + run / 2 * 32 + 16 * half + 16 * g * stride, stride);
        EACH_GROUP EACH(i, 4) q[g].word[i] >>= 4 * (run & 1);
        EACH(i, 16) EACH_GROUP {
          v16 weight = whole(q[g].word[i / 4] >> (8 * (i % 4)) & 15) * by[g] - minus[g];
          acc[g] = times_next(x + 32 * run + 16 * half + i, weight, acc[g]);
        }
      }
    }
  }
}

INLINE void chain_q6_k(v16 acc[], const uint8_t *w, int64_t stride, const float *x, int64_t inner) {
  for (; inner > 0; inner -= 256, w += 210, x += 256) {
    v16 d[block_groups];
    words scales[block_groups];
    EACH_GROUP d[g] = load_halves16(w + 208 + 16 * g * stride, stride);
    EACH_GROUP scales[g] = load_words(w + 192 + 16 * g * stride, stride);
    for (int run = 0; run < 8; run++)
      EACH(half, 2) {
        words low[block_groups], high[block_groups];
        v16 by[block_groups];
        EACH_GROUP {
          low[g] = load_words(w + run / 4 * 64 + (run & 1) * 32 + 16 * half + 16 * g * stride, stride);
          high[g] = load_words(w + 128 + run / 4 * 32 + 16 * half + 16 * g * stride, stride);
          // Six bits in each byte.
          EACH(i, 4) {
            low[g].word[i] = low[g].word[i] >> (4 * (run >> 1 & 1)) & 0x0f0f0f0f;
            low[g].word[i] |= (high[g].word[i] >> (2 * (run & 3)) & 0x03030303) << 4;
          }
          by[g] = d[g] * signed_byte(scales[g].word[run / 2] >> (16 * (run & 1)), half);
        }
        EACH(i, 16) EACH_GROUP {
          v16 weight = (whole(low[g].word[i / 4] >> (8 * (i % 4)) & 63) - 32.0f) * by[g];
          acc[g] = times_next(x + 32 * run + 16 * half + i, weight, acc[g]);
        }
      }
  }
}

#undef EACH_GROUP
#undef EACH

#define ROWS_OF(name)                                                                                                   \
  static void vector_times_##name(const linear_job *job, const float *x, float *out, int64_t column0) {                 \
    int64_t stride = stored_bytes(job->weight_type, job->weight_stride);                                                \
    const uint8_t *w = (const uint8_t *)job->weight + column0 * stride;                                                 \
    v16 total[block_groups] = {};                                                                                       \
    for (int64_t k = 0; k < job->k; k += sum_block) {                                                                   \
      int64_t inner = job->k - k < sum_block ? job->k - k : sum_block;                                                  \
      v16 acc[block_groups] = {};                                                                                       \
      chain_##name(acc, w + stored_bytes(job->weight_type, k), stride, x + k, inner);                                   \
      for (int g = 0; g < block_groups; g++) total[g] = k == 0 ? acc[g] : total[g] + acc[g];                            \
    }                                                                                                                   \
    for (int g = 0; g < block_groups; g++) store(out + column0 + 16 * g, total[g]);                                     \
  }
ROWS_OF(q8_0)
ROWS_OF(q4_0)
ROWS_OF(q4_k)
ROWS_OF(q6_k)
#undef ROWS_OF

// The other types: some numbers of 32 rows are unpacked and transposed as f32 are.
static void vector_times_unpacked(const linear_job *job, const float *x, float *out, int64_t column0) {
  _Alignas(64) float rows[32 * part_stride];
  int64_t stride = stored_bytes(job->weight_type, job->weight_stride);
  const char *w = (const char *)job->weight + column0 * stride;
  v8 total[4] = {}, acc[4] = {};
  for (int64_t k = 0; k < job->k; k += part) {
    int64_t some = job->k - k < part ? job->k - k : part;
    for (int64_t i = 0; i < 32; i++) {
      unpack_runs(rows + i * part_stride, w + i * stride, job->weight_type, k / block_run, some / block_run);
    }
    for (int64_t c = 0; c < some; c += 4)
      _Pragma("unroll") for (int g = 0; g < 4; g++) {
        v8 columns[8];
        transposed_step(columns, rows + 8 * g * part_stride + c, SK_F32, part_stride);
        _Pragma("unroll") for (int i = 0; i < 4; i++) acc[g] = FMA(x[k + c + i] - (v8){}, columns[i], acc[g]);
      }
    if ((k + some) % sum_block != 0 && k + some < job->k) continue;
    for (int g = 0; g < 4; g++) {
      total[g] = k < sum_block ? acc[g] : total[g] + acc[g];
      acc[g] = (v8){};
    }
  }
  for (int g = 0; g < 4; g++) memcpy(out + column0 + 8 * g, &total[g], sizeof total[g]);
}

// One row of x times 32 rows of the weight from column0 on.
static void vector_times_blocks(const linear_job *job, const float *x, float *out, int64_t column0) {
  switch (job->weight_type) {
  case SK_Q8_0: vector_times_q8_0(job, x, out, column0); break;
  case SK_Q4_0: vector_times_q4_0(job, x, out, column0); break;
  case SK_Q4_K: vector_times_q4_k(job, x, out, column0); break;
  case SK_Q6_K: vector_times_q6_k(job, x, out, column0); break;
  default: vector_times_unpacked(job, x, out, column0); break;
  }
}
