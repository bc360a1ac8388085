// What each instruction-set level provides. The three level files fill one table each from the same templates.
#ifndef STEERSH_LEVELS_H
#define STEERSH_LEVELS_H

#include "derivatives.h"
#include "kernels.h"
#include "updates.h"

// Products per block of a linear map's sum; part of the definition of the results.
enum { sum_block = 256 };
// Queries that the derivative of attention takes at a time; part of the definition of its results.
enum { gradient_query_block = 60 };

typedef struct {
  float *out;
  const float *x;
  const void *weight;
  const void *bias;  // NULL: none
  int64_t out_stride, x_stride, weight_stride;
  int64_t m, n, k;
  sk_dtype weight_type, bias_type;
  bool transposed;    // weight is [k, n] rather than [n, k]
  bool x_transposed;  // x is [k, m] rather than [m, k]; only together with `transposed`
  bool accumulate;    // adds to out
} linear_job;

// Σ over rows of a · (b − shift) · factor for each column; b NULL: Σ a. shift and factor are by row; shift NULL: 0.
typedef struct {
  float *out;
  const float *a, *b, *shift, *factor;
  int64_t a_stride, b_stride, rows;
  bool accumulate;
} column_job;

typedef struct {
  float *out, *first, *second;
  const float *parameter, *gradient;
  // Of the parameter, `penalty` joins the gradient and `shrink` is lost; 1 − β is rounded by itself, which loses no digits.
  float scale, penalty, shrink, gain1, gain2, keep2, rate, root, epsilon;
} adam_job;

typedef struct {
  float *out, *velocity;
  const float *parameter, *gradient;
  float scale, penalty, momentum, rate;
  bool nesterov;
} sgd_job;

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
               const float *sine, float direction);
  void (*unary)(sk_unary_op op, float *out, const float *x, int64_t count);
  void (*binary)(sk_binary_op op, float *out, const float *a, int64_t a_step, const float *b, int64_t b_step,
                 int64_t count);
  void (*gate)(sk_unary_op op, float *out, const float *gate, const float *up, int64_t count);
  // Rows row0..<row1 of one head.
  void (*scores)(const sk_attention_head *head, int64_t row0, int64_t row1, float *scores, int64_t stride);
  void (*weights)(const sk_attention_head *head, int64_t row0, int64_t row1, const float *scores, int64_t scores_stride,
                  float *weights, int64_t weights_stride);
  void (*mixed)(const sk_attention_head *head, int64_t row0, int64_t row1, const float *weights, int64_t stride);
  // Derivatives. Those of norms return what the row was multiplied by (and its mean), for the gradient of the weight.
  void (*columns)(const column_job *job, int64_t column0, int64_t column1);
  void (*softmax_backward)(float *dx, const float *dy, const float *y, int64_t width, float scale);
  float (*rmsnorm_backward)(float *dx, const float *dy, const float *x, int64_t width, const void *weight, sk_dtype type,
                            float offset, float eps);
  float (*layernorm_backward)(float *dx, const float *dy, const float *x, int64_t width, const void *weight,
                              sk_dtype type, float eps, float *mean);
  float (*cross_entropy)(const float *x, int64_t width, int64_t target);
  void (*cross_entropy_backward)(float *dx, const float *x, int64_t width, int64_t target, float factor);
  void (*unary_backward)(sk_unary_op op, float *dx, const float *dy, const float *x, int64_t count);
  void (*gate_backward)(sk_unary_op op, float *dgate, float *dup, const float *dy, const float *gate, const float *up,
                        int64_t count);
  // Rows row0..<row1 of one head; dkey and dvalue (NULL: not wanted) are added to. scratch: 2 · (row1 − row0) · keys,
  // 3 where scores are capped.
  void (*attention_backward)(const sk_attention_gradient *head, int64_t row0, int64_t row1, float *dkey,
                             int64_t dkey_stride, float *dvalue, int64_t dvalue_stride, float *scratch);
  // Updates of parameters.
  double (*sum_of_squares)(const float *x, int64_t count);
  void (*adam)(const adam_job *job, int64_t begin, int64_t end);
  void (*sgd)(const sgd_job *job, int64_t begin, int64_t end);
  void (*peak)(int64_t rounds);
  double operations_per_round;
  float (*read)(const void *bytes, int64_t lines);
} level_table;

extern const level_table level0_table;
#if defined(__x86_64__)
extern const level_table level3_table, level4_table;
// Linear maps of pairs only.
extern const level_table level5_table;
#endif

const level_table *current_level(void);
// The level whose linear maps work on pairs of bf16; NULL where the machine, or the level in use, has none.
const level_table *pairs_level(void);

#endif
