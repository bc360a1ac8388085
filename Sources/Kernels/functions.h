// Scalar functions that the forward and the backward file in double precision share.
#ifndef STEERSH_FUNCTIONS_H
#define STEERSH_FUNCTIONS_H

#include "doubles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double root_two_over_pi = 0.79788456080286535588, one_over_root_two_pi = 0.39894228040143267794;

static inline double *doubles(int64_t count) {
  double *memory = malloc((size_t)(count < 1 ? 1 : count) * sizeof(double));
  if (!memory) abort();
  return memory;
}

static inline double dot(const double *a, const double *b, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

static inline void add_scaled(double *out, double factor, const double *x, int64_t count) {
  for (int64_t i = 0; i < count; i++) out[i] += factor * x[i];
}

static inline double largest_of(const double *x, int64_t count) {
  double most = -INFINITY;
  for (int64_t i = 0; i < count; i++) most = x[i] > most ? x[i] : most;
  return most;
}

static inline double log_total(const double *x, int64_t count) {
  double most = largest_of(x, count), sum = 0;
  for (int64_t i = 0; i < count; i++) sum += exp(x[i] - most);
  return most + log(sum);
}

static inline void softmax_row(double *out, const double *x, int64_t count, double scale) {
  for (int64_t i = 0; i < count; i++) out[i] = scale * x[i];
  double most = largest_of(out, count), sum = 0;
  if (most == -INFINITY) {
    // Nothing to weigh: all -inf, or NaN, which must not vanish.
    for (int64_t i = 0; i < count; i++) out[i] = out[i] == -INFINITY ? 0 : NAN;
    return;
  }
  for (int64_t i = 0; i < count; i++) sum += out[i] = exp(out[i] - most);
  for (int64_t i = 0; i < count; i++) out[i] /= sum;
}

// 1/√(variance + eps), and the mean.
static inline double deviation(const double *x, int64_t width, double eps, double *mean) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < width; i++) sum += x[i];
  *mean = sum / (double)width;
  for (int64_t i = 0; i < width; i++) squares += (x[i] - *mean) * (x[i] - *mean);
  return 1 / sqrt(squares / (double)width + eps);
}

static inline void turn_rows(double *out, int64_t out_stride, const double *x, int64_t x_stride, int64_t rows,
                             int64_t heads, int64_t head_width, int64_t rotary, const double *cosine,
                             const double *sine, double direction) {
  int64_t half = rotary / 2;
  for (int64_t i = 0; i < rows; i++)
    for (int64_t h = 0; h < heads; h++) {
      const double *from = x + i * x_stride + h * head_width;
      double *to = out + i * out_stride + h * head_width;
      for (int64_t j = 0; j < half; j++) {
        double a = from[j], b = from[half + j], c = cosine[i * half + j], s = sine[i * half + j] * direction;
        to[j] = a * c - b * s;
        to[half + j] = b * c + a * s;
      }
      for (int64_t j = 2 * half; j < head_width; j++) to[j] = from[j];
    }
}

static inline double logistic(double x) { return 1 / (1 + exp(-x)); }

static inline double function(sk_unary_op op, double x) {
  switch (op) {
  case SK_GELU: return 0.5 * x * (1 + erf(x / sqrt(2)));
  case SK_GELU_TANH: return 0.5 * x * (1 + tanh(root_two_over_pi * (x + 0.044715 * x * x * x)));
  case SK_QUICK_GELU: return x * logistic(1.702 * x);
  case SK_SILU: return x * logistic(x);
  case SK_RELU: return x > 0 ? x : x == x ? 0 : x;
  case SK_SIGMOID: return logistic(x);
  case SK_TANH: return tanh(x);
  case SK_EXP: return exp(x);
  case SK_ERF: return erf(x);
  case SK_ABS: return fabs(x);
  case SK_SQRT: return sqrt(x);
  case SK_NEGATE: return -x;
  case SK_SQUARE: return x * x;
  case SK_RECIPROCAL: return 1 / x;
  }
  return x;
}

// The weights of all keys for one query, 0 where masked.
// The weights of one query; `slopes`, where wanted, is how a visible score changes with scale · q·k.
static inline void attention_row(const skd_attention_head *head, int64_t row, double *weights, double *slopes) {
  int64_t first = 0, end = head->keys, position = head->first_position + row;
  if (head->causal) {
    if (position + 1 < end) end = position + 1 < 0 ? 0 : position + 1;
    if (head->window > 0 && position - head->window + 1 > 0) first = position - head->window + 1;
    if (first > end) first = end;
  }
  for (int64_t j = 0; j < head->keys; j++) weights[j] = 0;
  for (int64_t j = first; j < end; j++) {
    double score = head->scale * dot(head->query + row * head->query_stride, head->key + j * head->key_stride, head->key_width);
    weights[j] = head->softcap > 0 ? head->softcap * tanh(score / head->softcap) : score;
    if (slopes) slopes[j] = head->softcap > 0 ? 1 - pow(tanh(score / head->softcap), 2) : 1;
  }
  softmax_row(weights + first, weights + first, end - first, 1);
}

#endif
