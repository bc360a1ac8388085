// What the reverse mode of differentiation needs: for y = f(x) and a gradient dy with respect to y, the gradient dx with
// respect to x. Nothing of the forward pass is kept but its inputs; what else is needed is computed again, with the bits it
// had. Sums over rows are taken like the inner sums of linear maps: blocks of 256 rows, each from 0 in the order of the
// rows, the block sums added in order. Outputs may not overlap inputs unless it says so.
#ifndef STEERSH_DERIVATIVES_H
#define STEERSH_DERIVATIVES_H

#include "kernels.h"

// ---- Linear maps ---------------------------------------------------------------------------------------------------
//
// For y = x · Wᵀ + b: dx = dy · W is sk_matmul, dW = dyᵀ · x is sk_matmul_tn, db is sk_column_sums.

// out[n,k] = a[m,n]ᵀ · b[m,k]; with `accumulate` it is added to out.
void sk_matmul_tn(float *out, int64_t out_stride, const float *a, int64_t a_stride, const float *b, int64_t b_stride,
                  int64_t m, int64_t n, int64_t k, bool accumulate);
// out[width] = the sums of the columns of x[rows, width]; with `accumulate` they are added to out.
void sk_column_sums(float *out, const float *x, int64_t x_stride, int64_t rows, int64_t width, bool accumulate);

// ---- Rows ----------------------------------------------------------------------------------------------------------

// Of y = softmax(scale · x), from y. dx may be dy.
void sk_softmax_backward(float *dx, int64_t dx_stride, const float *dy, int64_t dy_stride, const float *y,
                         int64_t y_stride, int64_t rows, int64_t width, float scale);
// Of sk_rmsnorm. dx and dweight (both f32, [rows, width] and [width]) may each be NULL, weight as in the forward pass.
void sk_rmsnorm_backward(float *dx, int64_t dx_stride, float *dweight, const float *dy, int64_t dy_stride, const float *x,
                         int64_t x_stride, int64_t rows, int64_t width, const void *weight, sk_dtype weight_type,
                         float weight_offset, float eps);
// Of sk_layernorm. dx, dweight and dbias may each be NULL.
void sk_layernorm_backward(float *dx, int64_t dx_stride, float *dweight, float *dbias, const float *dy,
                           int64_t dy_stride, const float *x, int64_t x_stride, int64_t rows, int64_t width,
                           const void *weight, sk_dtype weight_type, float eps);
// Of sk_rope: the turn by the opposite angles. dx may be dy.
void sk_rope_backward(float *dx, int64_t dx_stride, const float *dy, int64_t dy_stride, int64_t rows, int64_t heads,
                      int64_t head_width, int64_t rotary, const float *cosine, const float *sine);

// loss[row] = weight[row] · (log Σ e^x − x[target[row]]), x being [rows, vocab]. Rows of weight 0 are not read, and their
// targets may be anything; the others lie in 0..<vocab. weights NULL: all 1.
void sk_cross_entropy(float *loss, const float *x, int64_t x_stride, const int64_t *targets, const float *weights,
                      int64_t rows, int64_t vocab);
// dx = dloss[row] · weight[row] · (softmax(x) − onehot(target)). dloss NULL: all 1. dx may be x.
void sk_cross_entropy_backward(float *dx, int64_t dx_stride, const float *dloss, const float *x, int64_t x_stride,
                               const int64_t *targets, const float *weights, int64_t rows, int64_t vocab);

// ---- Elementwise; an output may be an input ------------------------------------------------------------------------

// dx = dy · f′(x). At a kink (RELU, ABS at 0) the derivative is 0.
void sk_unary_backward(sk_unary_op op, float *dx, const float *dy, const float *x, int64_t count);
// Of activation(gate) · up: dgate = dy · up · f′(gate), dup = dy · f(gate). Either may be NULL.
void sk_gate_backward(sk_unary_op activation, float *dgate, int64_t dgate_stride, float *dup, int64_t dup_stride,
                      const float *dy, int64_t dy_stride, const float *gate, int64_t gate_stride, const float *up,
                      int64_t up_stride, int64_t rows, int64_t width);

// ---- Attention -----------------------------------------------------------------------------------------------------

// One query head. `forward` as in the forward pass; its scores, weights and mixed are not used.
typedef struct {
  sk_attention_head forward;
  const float *dmixed;  // [queries, value_width]
  float *dquery;        // [queries, key_width]
  float *dkey;          // [keys, key_width], the sum over the group's query heads
  float *dvalue;        // [keys, value_width], likewise
  int64_t dmixed_stride, dquery_stride, dkey_stride, dvalue_stride;
} sk_attention_gradient;

// Heads i · group ..< (i + 1) · group share their keys and values, so also dkey and dvalue, which are sums over these heads
// in order. dquery, dkey and dvalue may each be NULL (in a whole group). Gradients are written, not added.
void sk_attention_backward(const sk_attention_gradient *heads, int64_t count, int64_t group);

// ---- Rows of a table -----------------------------------------------------------------------------------------------

// table[ids[i], ·] += x[i, ·] for i in order: the gradient of a look-up.
void sk_scatter_add(float *table, int64_t table_stride, const int64_t *ids, const float *x, int64_t x_stride,
                    int64_t count, int64_t width);

#endif
