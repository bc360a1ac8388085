// What each instruction-set level provides. The three level files fill one table each from the same templates.
#ifndef STEERSH_LEVELS_H
#define STEERSH_LEVELS_H

#include "kernels.h"

// Products per block of a linear map's sum; part of the definition of the results.
enum { sum_block = 256 };

typedef struct {
  float *out;
  const float *x;
  const void *weight;
  const void *bias;  // NULL: none
  int64_t out_stride, x_stride, weight_stride;
  int64_t m, n, k;
  sk_dtype weight_type, bias_type;
  bool transposed;  // weight is [k, n] rather than [n, k]
} linear_job;

typedef struct {
  int tile_rows, tile_columns;  // of the register tile, to cut work evenly
  void (*linear)(const linear_job *job, int64_t row0, int64_t row1, int64_t column0, int64_t column1);
  void (*to_f32)(float *out, const void *x, sk_dtype type, int64_t count);
  void (*from_f32)(void *out, sk_dtype type, const float *x, int64_t count);
  void (*softmax)(float *out, const float *x, int64_t width, float scale);
  void (*rmsnorm)(float *out, const float *x, int64_t width, const void *weight, sk_dtype type, float offset, float eps);
  void (*layernorm)(float *out, const float *x, int64_t width, const void *weight, const void *bias, sk_dtype type,
                    float eps);
  void (*rope)(float *out, const float *x, int64_t heads, int64_t head_width, int64_t rotary, const float *cosine,
               const float *sine);
  void (*unary)(sk_unary_op op, float *out, const float *x, int64_t count);
  void (*binary)(sk_binary_op op, float *out, const float *a, int64_t a_step, const float *b, int64_t b_step,
                 int64_t count);
  void (*gate)(sk_unary_op op, float *out, const float *gate, const float *up, int64_t count);
  // Rows row0..<row1 of one head.
  void (*scores)(const sk_attention_head *head, int64_t row0, int64_t row1, float *scores, int64_t stride);
  void (*weights)(const sk_attention_head *head, int64_t row0, int64_t row1, const float *scores, int64_t scores_stride,
                  float *weights, int64_t weights_stride);
  void (*mixed)(const sk_attention_head *head, int64_t row0, int64_t row1, const float *weights, int64_t stride);
  void (*peak)(int64_t rounds);
  double operations_per_round;
  float (*read)(const void *bytes, int64_t lines);
} level_table;

extern const level_table level0_table;
#if defined(__x86_64__)
extern const level_table level3_table, level4_table;
#endif

const level_table *current_level(void);

#endif
