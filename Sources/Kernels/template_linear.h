// Products of matrices. The inner dimension is cut into blocks of sum_block; within a block each output element is one chain
// of multiply-adds in the order of the inner index, and the block sums are added in order. Tiles, panels and threads only
// decide which elements are worked on together, never the order within one.

#if LEVEL == 4
typedef v16 vn;
enum { lanes = 16, tile_rows = 12, tile_columns = 32 };
#elif LEVEL == 3
typedef v8 vn;
enum { lanes = 8, tile_rows = 6, tile_columns = 16 };
#else
typedef v4 vn;
enum { lanes = 4, tile_rows = 4, tile_columns = 8 };
#endif
enum { tile_vectors = tile_columns / lanes, most_tile_rows = 12 };

typedef enum { tile_set, tile_add, tile_resume } tile_mode;

INLINE vn vn_load(const float *p) {
  vn v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE void vn_store(float *p, vn v) { memcpy(p, &v, sizeof v); }

// rows × tile_columns elements: out = (or +=, or continued by) Σ over `inner` of x[row, ·] · panel[·, column].
INLINE void tile(int rows, int64_t inner, const float *x, int64_t x_stride, const float *panel, int64_t panel_stride,
                 float *out, int64_t out_stride, tile_mode mode) {
  vn acc[most_tile_rows][tile_vectors];
  _Pragma("unroll") for (int r = 0; r < rows; r++)
    _Pragma("unroll") for (int c = 0; c < tile_vectors; c++)
      acc[r][c] = mode == tile_resume ? vn_load(out + r * out_stride + c * lanes) : (vn){};
  const float *x3 = x + 3 * x_stride, *x6 = x + 6 * x_stride, *x9 = x + 9 * x_stride;
  for (int64_t k = 0; k < inner; k++) {
    vn b[tile_vectors];
    _Pragma("unroll") for (int c = 0; c < tile_vectors; c++) b[c] = vn_load(panel + c * lanes);
    panel += panel_stride;
    _Pragma("unroll") for (int r = 0; r < rows; r++) {
      const float *base = r < 3 ? x : r < 6 ? x3 : r < 9 ? x6 : x9;
      vn a = base[(r % 3) * x_stride + k] - (vn){};  // a broadcast
     
      _Pragma("unroll") for (int c = 0; c < tile_vectors; c++) acc[r][c] = FMA(a, b[c], acc[r][c]);
    }
  }
  _Pragma("unroll") for (int r = 0; r < rows; r++)
    _Pragma("unroll") for (int c = 0; c < tile_vectors; c++) {
      float *p = out + r * out_stride + c * lanes;
      vn_store(p, mode == tile_add ? vn_load(p) + acc[r][c] : acc[r][c]);
    }
}

static void tile_of_rows(int rows, int64_t inner, const float *x, int64_t x_stride, const float *panel,
                         int64_t panel_stride, float *out, int64_t out_stride, tile_mode mode) {
#define TILE_CASE(r)                                                                                                    \
  case r: tile(r, inner, x, x_stride, panel, panel_stride, out, out_stride, mode); break;
  switch (rows) {
    TILE_CASE(1)
    TILE_CASE(2)
    TILE_CASE(3)
    TILE_CASE(4)
#if LEVEL >= 3
    TILE_CASE(5)
    TILE_CASE(6)
#endif
#if LEVEL >= 4
    TILE_CASE(7)
    TILE_CASE(8)
    TILE_CASE(9)
    TILE_CASE(10)
    TILE_CASE(11)
    TILE_CASE(12)
#endif
  }
#undef TILE_CASE
}

// Transposes 8 × 8 lanes of 32 bits.
INLINE void transpose8(u8x r[8]) {
  u8x t[8], u[8];
  for (int i = 0; i < 4; i++) {
    t[2 * i] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[2 * i + 1] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++) {
      u[4 * i + 2 * j] = __builtin_shufflevector(t[4 * i + j], t[4 * i + 2 + j], 0, 1, 8, 9, 4, 5, 12, 13);
      u[4 * i + 2 * j + 1] = __builtin_shufflevector(t[4 * i + j], t[4 * i + 2 + j], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  for (int i = 0; i < 4; i++) {
    r[i] = __builtin_shufflevector(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    r[i + 4] = __builtin_shufflevector(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

INLINE float stored_element(const void *w, sk_dtype type, int64_t i) {
  if (type == SK_F32) return ((const float *)w)[i];
  uint16_t h = ((const uint16_t *)w)[i];
  if (type == SK_BF16) {
    uint32_t bits = (uint32_t)h << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
  }
  return widen_f16((half16){h})[0];
}

// Transposes 4 × 4 lanes of 32 bits in both halves: row i comes as lane group i of 4, rows 0-3 below and rows 4-7 above.
INLINE void transpose4(u8x r[4]) {
  u8x a = __builtin_shufflevector(r[0], r[1], 0, 8, 1, 9, 4, 12, 5, 13);
  u8x b = __builtin_shufflevector(r[0], r[1], 2, 10, 3, 11, 6, 14, 7, 15);
  u8x c = __builtin_shufflevector(r[2], r[3], 0, 8, 1, 9, 4, 12, 5, 13);
  u8x d = __builtin_shufflevector(r[2], r[3], 2, 10, 3, 11, 6, 14, 7, 15);
  r[0] = __builtin_shufflevector(a, c, 0, 1, 8, 9, 4, 5, 12, 13);
  r[1] = __builtin_shufflevector(a, c, 2, 3, 10, 11, 6, 7, 14, 15);
  r[2] = __builtin_shufflevector(b, d, 0, 1, 8, 9, 4, 5, 12, 13);
  r[3] = __builtin_shufflevector(b, d, 2, 3, 10, 11, 6, 7, 14, 15);
}

// 16 bytes from `low` below 16 bytes from `high`.
INLINE u8x load_halves(const void *low, const void *high) {
  u4x a, b;
  memcpy(&a, low, 16);
  memcpy(&b, high, 16);
  return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
}

// Inner positions that one transposed step of 8 weight rows covers: 16 bytes of each row.
INLINE int step_of(sk_dtype type) { return type == SK_F32 ? 4 : 8; }

// columns[i] = the elements at inner position i of 8 rows `stride` apart, i < step_of(type).
INLINE void transposed_step(v8 columns[8], const void *w, sk_dtype type, int64_t stride) {
  const char *row = w;
  stride *= type == SK_F32 ? 4 : 2;
  if (type == SK_F16) {
    u8x r[8];
    for (int i = 0; i < 8; i++) {
      half16 h = {};
      memcpy(&h, row + i * stride, 16);
      v16 wide = widen_f16(h);
      r[i] = (u8x)__builtin_shufflevector(wide, wide, 0, 1, 2, 3, 4, 5, 6, 7);
    }
    transpose8(r);
    for (int i = 0; i < 8; i++) columns[i] = (v8)r[i];
    return;
  }
  u8x r[4];
  for (int i = 0; i < 4; i++) r[i] = load_halves(row + i * stride, row + (i + 4) * stride);
  transpose4(r);
  for (int i = 0; i < 4; i++) {
    if (type == SK_F32) {
      columns[i] = (v8)r[i];
    } else {  // pairs of bf16 travelled as one lane
      columns[2 * i] = (v8)(r[i] << 16);
      columns[2 * i + 1] = (v8)(r[i] & 0xffff0000);
    }
  }
}

INLINE const void *element_at(const void *w, sk_dtype type, int64_t i) {
  return (const char *)w + i * (type == SK_F32 ? 4 : 2);
}

// Asks for the memory of one transposed step, `ahead` elements further on. Rows of a weight lie kilobytes apart, more
// streams than the hardware follows by itself; into the second cache level, since such rows share few sets of the first.
INLINE void prefetch_step(const void *w, sk_dtype type, int64_t stride, int64_t ahead) {
  for (int i = 0; i < 8; i++) __builtin_prefetch(element_at(w, type, i * stride + ahead), 0, 2);
}

// panel[inner][tile_columns] in f32 from weight rows column0..<column0 + count (count <= tile_columns); zeros beyond.
INLINE void pack_rows(float *panel, const linear_job *job, sk_dtype type, int64_t column0, int64_t count, int64_t inner0,
                      int64_t inner) {
  const void *w = element_at(job->weight, type, column0 * job->weight_stride + inner0);
  int64_t full = count / 8 * 8;
  for (int64_t j = 0; j < full; j += 8) {
    const void *rows = element_at(w, type, j * job->weight_stride);
    int64_t k = 0;
    for (; k + step_of(type) <= inner; k += step_of(type)) {
      v8 columns[8];
      if ((k & (type == SK_F32 ? 15 : 31)) == 0)
        prefetch_step(element_at(rows, type, k), type, job->weight_stride, tile_columns * job->weight_stride);
      transposed_step(columns, element_at(rows, type, k), type, job->weight_stride);
      for (int i = 0; i < step_of(type); i++) memcpy(panel + (k + i) * tile_columns + j, &columns[i], 32);
    }
    for (; k < inner; k++)
      for (int i = 0; i < 8; i++)
        panel[k * tile_columns + j + i] = stored_element(rows, type, i * job->weight_stride + k);
  }
  for (int64_t j = full; j < tile_columns; j++)
    for (int64_t k = 0; k < inner; k++)
      panel[k * tile_columns + j] = j < count ? stored_element(w, type, j * job->weight_stride + k) : 0;
}

// A whole panel from a weight that lies as [inner, columns].
INLINE void pack_whole_columns(float *panel, const linear_job *job, sk_dtype type, int64_t column0, int64_t inner0,
                               int64_t inner) {
  enum { some = tile_columns < 16 ? tile_columns : 16 };
  for (int64_t k = 0; k < inner; k++)
    for (int64_t j = 0; j < tile_columns; j += some)
      store_some(panel + k * tile_columns + j,
                 load_stored(job->weight, type, (inner0 + k) * job->weight_stride + column0 + j, some), some);
}

// The same of `count` columns; zeros beyond.
static void pack_columns(float *panel, const linear_job *job, int64_t column0, int64_t count, int64_t inner0,
                         int64_t inner) {
  if (count == tile_columns) {
    switch (job->weight_type) {
    case SK_F32: pack_whole_columns(panel, job, SK_F32, column0, inner0, inner); break;
    case SK_F16: pack_whole_columns(panel, job, SK_F16, column0, inner0, inner); break;
    case SK_BF16: pack_whole_columns(panel, job, SK_BF16, column0, inner0, inner); break;
    }
    return;
  }
  for (int64_t k = 0; k < inner; k++) {
    int64_t at = (inner0 + k) * job->weight_stride + column0;
    float *row = panel + k * tile_columns;
    memset(row, 0, tile_columns * sizeof(float));
    for (int64_t j = 0; j < count; j += 16) {
      int64_t some = count - j < 16 ? count - j : 16;
      store_some(row + j, load_stored(job->weight, job->weight_type, at + j, some), some);
    }
  }
}

static void pack(float *panel, const linear_job *job, int64_t column0, int64_t count, int64_t inner0, int64_t inner) {
  if (job->transposed) {
    pack_columns(panel, job, column0, count, inner0, inner);
    return;
  }
  switch (job->weight_type) {
  case SK_F32: pack_rows(panel, job, SK_F32, column0, count, inner0, inner); break;
  case SK_F16: pack_rows(panel, job, SK_F16, column0, count, inner0, inner); break;
  case SK_BF16: pack_rows(panel, job, SK_BF16, column0, count, inner0, inner); break;
  }
}

#include "template_vector.h"

enum { most_block_rows = 120, block_stride = sum_block + 16, group_columns = 256 };

static void add_bias(const linear_job *job, int64_t row0, int64_t row1, int64_t column0, int64_t column1) {
  for (int64_t j = column0; j < column1; j += 16) {
    int64_t some = column1 - j < 16 ? column1 - j : 16;
    v16 bias = load_stored(job->bias, job->bias_type, j, some);
    for (int64_t i = row0; i < row1; i++) {
      float *p = job->out + i * job->out_stride + j;
      store_some(p, load_some(p, some, 0) + bias, some);
    }
  }
}

// rows[i][k] = x[inner0 + k][row0 + i], from an x that lies as [inner, rows].
static void gather_rows(float *rows, const linear_job *job, int64_t row0, int64_t row1, int64_t inner0, int64_t inner) {
  const float *x = job->x + inner0 * job->x_stride + row0;
  int64_t count = row1 - row0, k = 0;
  for (; k + 8 <= inner; k += 8) {
    const float *from = x + k * job->x_stride;
    int64_t i = 0;
    for (; i + step_of(SK_F32) <= count; i += step_of(SK_F32)) {
      v8 columns[8];
      transposed_step(columns, from + i, SK_F32, job->x_stride);
      for (int c = 0; c < step_of(SK_F32); c++) memcpy(rows + (i + c) * block_stride + k, &columns[c], 32);
    }
    for (; i < count; i++)
      for (int c = 0; c < 8; c++) rows[i * block_stride + k + c] = from[c * job->x_stride + i];
  }
  for (; k < inner; k++)
    for (int64_t i = 0; i < count; i++) rows[i * block_stride + k] = x[k * job->x_stride + i];
}

// Rows row0..<row1 of x from inner0 on: as they lie, or as a copy in `rows`. Sets their stride.
static const float *block_rows(float *rows, const linear_job *job, int64_t row0, int64_t row1, int64_t inner0,
                               int64_t inner, bool compact, int64_t *stride) {
  *stride = block_stride;
  if (job->x_transposed) {
    gather_rows(rows, job, row0, row1, inner0, inner);
    return rows;
  }
  const float *x = job->x + row0 * job->x_stride + inner0;
  if (!compact || row1 - row0 <= 4) {
    *stride = job->x_stride;
    return x;
  }
  // Rows that lie a power of two apart share cache sets; a compact copy is cheap once several panels use it.
  for (int64_t i = 0; i < row1 - row0; i++)
    memcpy(rows + i * block_stride, x + i * job->x_stride, (size_t)inner * sizeof(float));
  return rows;
}

// Rows row0..<row1 times one panel, for columns column0..<column0 + count.
static void panel_of_rows(const linear_job *job, int64_t row0, int64_t row1, int64_t column0, int64_t count,
                          int64_t inner, const float *x, int64_t x_stride, const float *panel, tile_mode mode) {
  _Alignas(64) float edge[most_tile_rows * tile_columns];
  for (int64_t i = row0; i < row1; i += tile_rows) {
    int some = row1 - i < tile_rows ? (int)(row1 - i) : tile_rows;
    float *out = job->out + i * job->out_stride + column0;
    const float *xi = x + (i - row0) * x_stride;
    if (count == tile_columns) {
      tile_of_rows(some, inner, xi, x_stride, panel, tile_columns, out, job->out_stride, mode);
      continue;
    }
    tile_of_rows(some, inner, xi, x_stride, panel, tile_columns, edge, tile_columns, tile_set);
    for (int r = 0; r < some; r++)
      for (int64_t c = 0; c < count; c++) {
        float *p = out + r * job->out_stride + c, value = edge[r * tile_columns + c];
        *p = mode == tile_add ? *p + value : value;
      }
  }
}

// Where there are more rows than a block takes, the panels of `group_columns` are packed once for all of them: rows and
// panels together fit into the second cache level. A single block uses each panel at once.
static void linear_blocks(const linear_job *job, int64_t row0, int64_t row1, int64_t column0, int64_t column1) {
  _Alignas(64) float panels[sum_block * group_columns];
  _Alignas(64) float rows[most_block_rows * block_stride];
  bool several = row1 - row0 > most_block_rows, compact = column1 - column0 > tile_columns;
  int64_t group = several ? group_columns : tile_columns, x_stride = 0;
  for (int64_t k = 0; k < job->k; k += sum_block) {
    int64_t inner = job->k - k < sum_block ? job->k - k : sum_block;
    tile_mode mode = k == 0 && !job->accumulate ? tile_set : tile_add;
    const float *x = NULL;
    if (!several) x = block_rows(rows, job, row0, row1, k, inner, compact, &x_stride);
    for (int64_t g = column0; g < column1; g += group) {
      int64_t end = column1 - g < group ? column1 : g + group;
      for (int64_t j = g; j < end; j += tile_columns)
        pack(panels + (j - g) * sum_block, job, j, end - j < tile_columns ? end - j : tile_columns, k, inner);
      for (int64_t i = row0; i < row1; i += most_block_rows) {
        int64_t stop = row1 - i < most_block_rows ? row1 : i + most_block_rows;
        if (several) x = block_rows(rows, job, i, stop, k, inner, compact, &x_stride);
        for (int64_t j = g; j < end; j += tile_columns)
          panel_of_rows(job, i, stop, j, end - j < tile_columns ? end - j : tile_columns, inner, x, x_stride,
                        panels + (j - g) * sum_block, mode);
      }
    }
  }
}

static void linear(const linear_job *job, int64_t row0, int64_t row1, int64_t column0, int64_t column1) {
  if (job->k == 0 && job->accumulate) {
    // Nothing to add.
  } else if (job->k == 0) {
    for (int64_t i = row0; i < row1; i++)
      memset(job->out + i * job->out_stride + column0, 0, (size_t)(column1 - column0) * sizeof(float));
  } else {
    int64_t column = column0;
    if (row1 - row0 == 1 && !job->transposed) {
      const float *x = job->x + row0 * job->x_stride;
      float *out = job->out + row0 * job->out_stride;
      for (; column + 32 <= column1; column += 32) switch (job->weight_type) {
        case SK_F32: vector_times_rows_f32(job, x, out, column, column + 64 > column1); break;
        case SK_F16: vector_times_rows_f16(job, x, out, column, column + 64 > column1); break;
        case SK_BF16: vector_times_rows_bf16(job, x, out, column, column + 64 > column1); break;
        }
    }
    if (column < column1) linear_blocks(job, row0, row1, column, column1);
  }
  if (job->bias) add_bias(job, row0, row1, column0, column1);
}
