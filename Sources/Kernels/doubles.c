// Forward functions in double precision.
#include "functions.h"

void skd_linear(double *out, int64_t out_stride, const double *x, int64_t x_stride, const double *weight,
                int64_t weight_stride, const double *bias, int64_t m, int64_t n, int64_t k) {
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++)
      out[i * out_stride + j] = dot(x + i * x_stride, weight + j * weight_stride, k) + (bias ? bias[j] : 0);
}

void skd_matmul(double *out, int64_t out_stride, const double *x, int64_t x_stride, const double *weight,
                int64_t weight_stride, int64_t m, int64_t n, int64_t k) {
  for (int64_t i = 0; i < m; i++) {
    double *row = out + i * out_stride;
    for (int64_t j = 0; j < n; j++) row[j] = 0;
    for (int64_t l = 0; l < k; l++) add_scaled(row, x[i * x_stride + l], weight + l * weight_stride, n);
  }
}

void skd_softmax(double *out, int64_t out_stride, const double *x, int64_t x_stride, int64_t rows, int64_t width,
                 double scale, int64_t causal) {
  for (int64_t i = 0; i < rows; i++) {
    int64_t valid = causal >= 0 && causal + i + 1 < width ? causal + i + 1 : width;
    softmax_row(out + i * out_stride, x + i * x_stride, valid, scale);
    for (int64_t j = valid; j < width; j++) out[i * out_stride + j] = 0;
  }
}

void skd_rmsnorm(double *out, int64_t out_stride, const double *x, int64_t x_stride, int64_t rows, int64_t width,
                 const double *weight, double weight_offset, double eps) {
  for (int64_t i = 0; i < rows; i++, x += x_stride, out += out_stride) {
    double factor = 1 / sqrt(dot(x, x, width) / (double)width + eps);
    for (int64_t j = 0; j < width; j++) out[j] = x[j] * factor * (weight ? weight[j] + weight_offset : 1);
  }
}

void skd_layernorm(double *out, int64_t out_stride, const double *x, int64_t x_stride, int64_t rows, int64_t width,
                   const double *weight, const double *bias, double eps) {
  for (int64_t i = 0; i < rows; i++, x += x_stride, out += out_stride) {
    double mean, factor = deviation(x, width, eps, &mean);
    for (int64_t j = 0; j < width; j++)
      out[j] = (x[j] - mean) * factor * (weight ? weight[j] : 1) + (bias ? bias[j] : 0);
  }
}

void skd_rope(double *out, int64_t out_stride, const double *x, int64_t x_stride, int64_t rows, int64_t heads,
              int64_t head_width, int64_t rotary, const double *cosine, const double *sine) {
  turn_rows(out, out_stride, x, x_stride, rows, heads, head_width, rotary, cosine, sine, 1);
}

void skd_unary(sk_unary_op op, double *out, const double *x, int64_t count) {
  for (int64_t i = 0; i < count; i++) out[i] = function(op, x[i]);
}

void skd_gate(sk_unary_op activation, double *out, int64_t out_stride, const double *gate, int64_t gate_stride,
              const double *up, int64_t up_stride, int64_t rows, int64_t width) {
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < width; j++)
      out[i * out_stride + j] = function(activation, gate[i * gate_stride + j]) * up[i * up_stride + j];
}

void skd_cross_entropy(double *loss, const double *x, int64_t x_stride, const int64_t *targets, const double *weights,
                       int64_t rows, int64_t vocab) {
  for (int64_t i = 0; i < rows; i++, x += x_stride) {
    double weight = weights ? weights[i] : 1;
    loss[i] = weight == 0 ? 0 : weight * (log_total(x, vocab) - x[targets[i]]);
  }
}

void skd_attention(const skd_attention_head *heads, int64_t count) {
  for (const skd_attention_head *head = heads; head < heads + count; head++) {
    double *weights = doubles(head->keys);
    for (int64_t i = 0; i < head->queries; i++) {
      double *mixed = head->mixed + i * head->mixed_stride;
      attention_row(head, i, weights, NULL);
      for (int64_t c = 0; c < head->value_width; c++) mixed[c] = 0;
      for (int64_t j = 0; j < head->keys; j++)
        if (weights[j] != 0) add_scaled(mixed, weights[j], head->value + j * head->value_stride, head->value_width);
    }
    free(weights);
  }
}
