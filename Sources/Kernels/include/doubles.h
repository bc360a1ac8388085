// The same functions in double precision, from the same formulas in plain scalar C: for derivatives checked by differences
// of function values and for small exact work. One thread, sums in index order, libm's elementary functions. Arguments mean
// what they mean in the f32 function without the `d`.
#ifndef STEERSH_DOUBLES_H
#define STEERSH_DOUBLES_H

#include "kernels.h"
#include "updates.h"

// ---- Forward -------------------------------------------------------------------------------------------------------

void skd_linear(double *out, int64_t out_stride, const double *x, int64_t x_stride, const double *weight,
                int64_t weight_stride, const double *bias, int64_t m, int64_t n, int64_t k);
void skd_matmul(double *out, int64_t out_stride, const double *x, int64_t x_stride, const double *weight,
                int64_t weight_stride, int64_t m, int64_t n, int64_t k);
void skd_softmax(double *out, int64_t out_stride, const double *x, int64_t x_stride, int64_t rows, int64_t width,
                 double scale, int64_t causal);
void skd_rmsnorm(double *out, int64_t out_stride, const double *x, int64_t x_stride, int64_t rows, int64_t width,
                 const double *weight, double weight_offset, double eps);
void skd_layernorm(double *out, int64_t out_stride, const double *x, int64_t x_stride, int64_t rows, int64_t width,
                   const double *weight, const double *bias, double eps);
void skd_rope(double *out, int64_t out_stride, const double *x, int64_t x_stride, int64_t rows, int64_t heads,
              int64_t head_width, int64_t rotary, const double *cosine, const double *sine);
void skd_unary(sk_unary_op op, double *out, const double *x, int64_t count);
void skd_gate(sk_unary_op activation, double *out, int64_t out_stride, const double *gate, int64_t gate_stride,
              const double *up, int64_t up_stride, int64_t rows, int64_t width);
void skd_cross_entropy(double *loss, const double *x, int64_t x_stride, const int64_t *targets, const double *weights,
                       int64_t rows, int64_t vocab);

// As sk_attention_head, without scores and weights.
typedef struct {
  const double *query, *key, *value;
  double *mixed;
  int64_t query_stride, key_stride, value_stride, mixed_stride;
  int64_t queries, keys, key_width, value_width;
  int64_t first_position, window;
  double scale, softcap;
  bool causal;
} skd_attention_head;
void skd_attention(const skd_attention_head *heads, int64_t count);

// ---- Backward ------------------------------------------------------------------------------------------------------

void skd_matmul_tn(double *out, int64_t out_stride, const double *a, int64_t a_stride, const double *b,
                   int64_t b_stride, int64_t m, int64_t n, int64_t k, bool accumulate);
void skd_column_sums(double *out, const double *x, int64_t x_stride, int64_t rows, int64_t width, bool accumulate);
void skd_softmax_backward(double *dx, int64_t dx_stride, const double *dy, int64_t dy_stride, const double *y,
                          int64_t y_stride, int64_t rows, int64_t width, double scale);
void skd_rmsnorm_backward(double *dx, int64_t dx_stride, double *dweight, const double *dy, int64_t dy_stride,
                          const double *x, int64_t x_stride, int64_t rows, int64_t width, const double *weight,
                          double weight_offset, double eps);
void skd_layernorm_backward(double *dx, int64_t dx_stride, double *dweight, double *dbias, const double *dy,
                            int64_t dy_stride, const double *x, int64_t x_stride, int64_t rows, int64_t width,
                            const double *weight, double eps);
void skd_rope_backward(double *dx, int64_t dx_stride, const double *dy, int64_t dy_stride, int64_t rows, int64_t heads,
                       int64_t head_width, int64_t rotary, const double *cosine, const double *sine);
void skd_cross_entropy_backward(double *dx, int64_t dx_stride, const double *dloss, const double *x, int64_t x_stride,
                                const int64_t *targets, const double *weights, int64_t rows, int64_t vocab);
void skd_unary_backward(sk_unary_op op, double *dx, const double *dy, const double *x, int64_t count);
void skd_gate_backward(sk_unary_op activation, double *dgate, int64_t dgate_stride, double *dup, int64_t dup_stride,
                       const double *dy, int64_t dy_stride, const double *gate, int64_t gate_stride, const double *up,
                       int64_t up_stride, int64_t rows, int64_t width);

typedef struct {
  skd_attention_head forward;
  const double *dmixed;
  double *dquery, *dkey, *dvalue;
  int64_t dmixed_stride, dquery_stride, dkey_stride, dvalue_stride;
} skd_attention_gradient;
void skd_attention_backward(const skd_attention_gradient *heads, int64_t count, int64_t group);

void skd_scatter_add(double *table, int64_t table_stride, const int64_t *ids, const double *x, int64_t x_stride,
                     int64_t count, int64_t width);

// ---- Updates -------------------------------------------------------------------------------------------------------

double skd_sum_of_squares(const double *x, int64_t count);
void skd_adam(double *out, double *first, double *second, const double *parameter, const double *gradient,
              int64_t count, const sk_adam_options *options);
void skd_sgd(double *out, double *velocity, const double *parameter, const double *gradient, int64_t count,
             const sk_sgd_options *options);

#endif
