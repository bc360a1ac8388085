// One step of an optimizer over one parameter, and the size of a gradient.
#ifndef STEERSH_UPDATES_H
#define STEERSH_UPDATES_H

#include "kernels.h"

// Σ x² in double precision: blocks of 4096 elements, each in 16 sums, added in order.
double sk_sum_of_squares(const float *x, int64_t count);

typedef struct {
  double learning_rate, beta1, beta2, epsilon, weight_decay;
  double gradient_scale;  // the gradient is multiplied by it first, as clipping asks
  int64_t step;           // 1 for the first
  bool decoupled;         // the decay of AdamW; otherwise of Adam, added to the gradient
} sk_adam_options;

// With g the scaled gradient: AdamW shrinks p by 1 − rate · decay, Adam adds decay · p to g. Then
// first = β₁ first + (1 − β₁) g, second = β₂ second + (1 − β₂) g²,
// out = p − rate · (first / (1 − β₁ᵗ)) / (√(second / (1 − β₂ᵗ)) + ε). `out` may be the parameter; both moments start at 0.
void sk_adam(float *out, float *first, float *second, const float *parameter, const float *gradient, int64_t count,
             const sk_adam_options *options);

typedef struct {
  double learning_rate, momentum, weight_decay, gradient_scale;
  bool nesterov;
} sk_sgd_options;

// With g the scaled gradient plus decay · p: velocity = momentum · velocity + g, out = p − rate · velocity; with nesterov
// rate · (g + momentum · velocity). velocity starts at 0 and may be NULL without momentum.
void sk_sgd(float *out, float *velocity, const float *parameter, const float *gradient, int64_t count,
            const sk_sgd_options *options);

#endif
