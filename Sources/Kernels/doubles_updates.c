// Optimizer steps in double precision.
#include "functions.h"

double skd_sum_of_squares(const double *x, int64_t count) { return dot(x, x, count); }

void skd_adam(double *out, double *first, double *second, const double *parameter, const double *gradient,
              int64_t count, const sk_adam_options *options) {
  double beta1 = options->beta1, beta2 = options->beta2, decay = options->weight_decay, rate = options->learning_rate;
  double correction1 = 1 - pow(beta1, (double)options->step), correction2 = 1 - pow(beta2, (double)options->step);
  for (int64_t i = 0; i < count; i++) {
    double p = parameter[i], g = gradient[i] * options->gradient_scale;
    if (!options->decoupled) g += decay * p;
    first[i] = beta1 * first[i] + (1 - beta1) * g;
    second[i] = beta2 * second[i] + (1 - beta2) * g * g;
    double kept = options->decoupled ? p * (1 - rate * decay) : p;
    out[i] = kept - rate * (first[i] / correction1) / (sqrt(second[i] / correction2) + options->epsilon);
  }
}

void skd_sgd(double *out, double *velocity, const double *parameter, const double *gradient, int64_t count,
             const sk_sgd_options *options) {
  for (int64_t i = 0; i < count; i++) {
    double p = parameter[i], g = gradient[i] * options->gradient_scale + options->weight_decay * p, step = g;
    if (velocity) {
      velocity[i] = options->momentum * velocity[i] + g;
      step = options->nesterov ? g + options->momentum * velocity[i] : velocity[i];
    }
    out[i] = p - options->learning_rate * step;
  }
}
