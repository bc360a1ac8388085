// Derivatives in double precision.
#include "functions.h"

void skd_matmul_tn(double *out, int64_t out_stride, const double *a, int64_t a_stride, const double *b,
                   int64_t b_stride, int64_t m, int64_t n, int64_t k, bool accumulate) {
  for (int64_t j = 0; j < n; j++) {
    double *row = out + j * out_stride;
    for (int64_t l = 0; l < k && !accumulate; l++) row[l] = 0;
    for (int64_t i = 0; i < m; i++) add_scaled(row, a[i * a_stride + j], b + i * b_stride, k);
  }
}

void skd_column_sums(double *out, const double *x, int64_t x_stride, int64_t rows, int64_t width, bool accumulate) {
  for (int64_t j = 0; j < width && !accumulate; j++) out[j] = 0;
  for (int64_t i = 0; i < rows; i++) add_scaled(out, 1, x + i * x_stride, width);
}

// May write over dy.
static void softmax_slope(double *dx, const double *dy, const double *y, int64_t width, double scale) {
  double mean = dot(dy, y, width);
  for (int64_t j = 0; j < width; j++) dx[j] = scale * y[j] * (dy[j] - mean);
}

void skd_softmax_backward(double *dx, int64_t dx_stride, const double *dy, int64_t dy_stride, const double *y,
                          int64_t y_stride, int64_t rows, int64_t width, double scale) {
  for (int64_t i = 0; i < rows; i++)
    softmax_slope(dx + i * dx_stride, dy + i * dy_stride, y + i * y_stride, width, scale);
}

void skd_rmsnorm_backward(double *dx, int64_t dx_stride, double *dweight, const double *dy, int64_t dy_stride,
                          const double *x, int64_t x_stride, int64_t rows, int64_t width, const double *weight,
                          double weight_offset, double eps) {
  for (int64_t j = 0; j < width && dweight; j++) dweight[j] = 0;
  for (int64_t i = 0; i < rows; i++, x += x_stride, dy += dy_stride) {
    double factor = 1 / sqrt(dot(x, x, width) / (double)width + eps), products = 0;
    for (int64_t j = 0; j < width; j++) products += dy[j] * (weight ? weight[j] + weight_offset : 1) * x[j];
    double slope = products / (double)width * factor * factor;
    for (int64_t j = 0; j < width; j++) {
      double g = dy[j] * (weight ? weight[j] + weight_offset : 1);
      if (dx) dx[i * dx_stride + j] = factor * (g - x[j] * slope);
      if (dweight) dweight[j] += dy[j] * x[j] * factor;
    }
  }
}

void skd_layernorm_backward(double *dx, int64_t dx_stride, double *dweight, double *dbias, const double *dy,
                            int64_t dy_stride, const double *x, int64_t x_stride, int64_t rows, int64_t width,
                            const double *weight, double eps) {
  for (int64_t j = 0; j < width && dweight; j++) dweight[j] = 0;
  if (dbias) skd_column_sums(dbias, dy, dy_stride, rows, width, false);
  for (int64_t i = 0; i < rows; i++, x += x_stride, dy += dy_stride) {
    double mean, factor = deviation(x, width, eps, &mean), total = 0, products = 0;
    for (int64_t j = 0; j < width; j++) {
      double g = dy[j] * (weight ? weight[j] : 1);
      total += g;
      products += g * (x[j] - mean) * factor;
    }
    for (int64_t j = 0; j < width; j++) {
      double g = dy[j] * (weight ? weight[j] : 1), z = (x[j] - mean) * factor;
      if (dx) dx[i * dx_stride + j] = factor * (g - total / (double)width - z * (products / (double)width));
      if (dweight) dweight[j] += dy[j] * z;
    }
  }
}

void skd_rope_backward(double *dx, int64_t dx_stride, const double *dy, int64_t dy_stride, int64_t rows, int64_t heads,
                       int64_t head_width, int64_t rotary, const double *cosine, const double *sine) {
  turn_rows(dx, dx_stride, dy, dy_stride, rows, heads, head_width, rotary, cosine, sine, -1);
}

void skd_cross_entropy_backward(double *dx, int64_t dx_stride, const double *dloss, const double *x, int64_t x_stride,
                                const int64_t *targets, const double *weights, int64_t rows, int64_t vocab) {
  for (int64_t i = 0; i < rows; i++, x += x_stride, dx += dx_stride) {
    double factor = (weights ? weights[i] : 1) * (dloss ? dloss[i] : 1);
    if (weights && weights[i] == 0) {
      for (int64_t j = 0; j < vocab; j++) dx[j] = 0;
      continue;
    }
    double all = log_total(x, vocab);
    for (int64_t j = 0; j < vocab; j++) dx[j] = factor * exp(x[j] - all);
    dx[targets[i]] -= factor;
  }
}

static double slope(sk_unary_op op, double x) {
  switch (op) {
  case SK_GELU: return 0.5 * (1 + erf(x / sqrt(2))) + x * one_over_root_two_pi * exp(-0.5 * x * x);
  case SK_GELU_TANH: {
    double t = tanh(root_two_over_pi * (x + 0.044715 * x * x * x));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root_two_over_pi * (1 + 3 * 0.044715 * x * x);
  }
  case SK_QUICK_GELU: {
    double s = logistic(1.702 * x);
    return s * (1 + 1.702 * x * (1 - s));
  }
  case SK_SILU: {
    double s = logistic(x);
    return s * (1 + x * (1 - s));
  }
  case SK_RELU: return x > 0 ? 1 : x == x ? 0 : x;
  case SK_SIGMOID: {
    double s = logistic(x);
    return s * (1 - s);
  }
  case SK_TANH: {
    double t = tanh(x);
    return 1 - t * t;
  }
  case SK_EXP: return exp(x);
  case SK_ERF: return M_2_SQRTPI * exp(-x * x);
  case SK_ABS: return x > 0 ? 1 : x < 0 ? -1 : x == x ? 0 : x;
  case SK_SQRT: return 0.5 / sqrt(x);
  case SK_NEGATE: return -1;
  case SK_SQUARE: return 2 * x;
  case SK_RECIPROCAL: return -1 / (x * x);
  }
  return x;
}

void skd_unary_backward(sk_unary_op op, double *dx, const double *dy, const double *x, int64_t count) {
  for (int64_t i = 0; i < count; i++) dx[i] = dy[i] * slope(op, x[i]);
}

void skd_gate_backward(sk_unary_op activation, double *dgate, int64_t dgate_stride, double *dup, int64_t dup_stride,
                       const double *dy, int64_t dy_stride, const double *gate, int64_t gate_stride, const double *up,
                       int64_t up_stride, int64_t rows, int64_t width) {
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < width; j++) {
      double d = dy[i * dy_stride + j], g = gate[i * gate_stride + j], u = up[i * up_stride + j];
      if (dgate) dgate[i * dgate_stride + j] = d * u * slope(activation, g);
      if (dup) dup[i * dup_stride + j] = d * function(activation, g);
    }
}

static void clear(double *x, int64_t stride, int64_t rows, int64_t width) {
  for (int64_t i = 0; x && i < rows; i++) memset(x + i * stride, 0, (size_t)width * sizeof(double));
}

void skd_attention_backward(const skd_attention_gradient *heads, int64_t count, int64_t group) {
  for (int64_t h = 0; h < count; h++) {
    const skd_attention_gradient *job = heads + h;
    const skd_attention_head *head = &job->forward;
    double *weights = doubles(3 * head->keys), *scores = weights + head->keys, *slopes = scores + head->keys;
    if (h % group == 0) {
      clear(job->dkey, job->dkey_stride, head->keys, head->key_width);
      clear(job->dvalue, job->dvalue_stride, head->keys, head->value_width);
    }
    clear(job->dquery, job->dquery_stride, head->queries, head->key_width);
    for (int64_t i = 0; i < head->queries; i++) {
      const double *dmixed = job->dmixed + i * job->dmixed_stride, *query = head->query + i * head->query_stride;
      attention_row(head, i, weights, slopes);
      for (int64_t j = 0; j < head->keys; j++)
        scores[j] = weights[j] == 0 ? 0 : dot(dmixed, head->value + j * head->value_stride, head->value_width);
      softmax_slope(scores, scores, weights, head->keys, head->scale);
      for (int64_t j = 0; j < head->keys; j++) {
        if (weights[j] == 0) continue;
        scores[j] *= slopes[j];
        if (job->dvalue) add_scaled(job->dvalue + j * job->dvalue_stride, weights[j], dmixed, head->value_width);
        if (job->dkey) add_scaled(job->dkey + j * job->dkey_stride, scores[j], query, head->key_width);
        if (job->dquery)
          add_scaled(job->dquery + i * job->dquery_stride, scores[j], head->key + j * head->key_stride, head->key_width);
      }
    }
    free(weights);
  }
}

void skd_scatter_add(double *table, int64_t table_stride, const int64_t *ids, const double *x, int64_t x_stride,
                     int64_t count, int64_t width) {
  for (int64_t i = 0; i < count; i++) add_scaled(table + ids[i] * table_stride, 1, x + i * x_stride, width);
}
