// Entry points of optimizer steps.
#include "pieces.h"

#include <math.h>

enum { squares_per_sum = 4096 };

typedef struct {
  const level_table *level;
  const float *x;
  double *sums;
  int64_t count;
} squares_job;

static void squares_task(void *context, int64_t begin, int64_t end) {
  const squares_job *job = context;
  for (int64_t i = begin; i < end; i++) {
    int64_t start = i * squares_per_sum;
    job->sums[i] = job->level->sum_of_squares(job->x + start, smaller(squares_per_sum, job->count - start));
  }
}

double sk_sum_of_squares(const float *x, int64_t count) {
  int64_t blocks = ceiling(count, squares_per_sum);
  squares_job job = {.level = current_level(), .x = x, .sums = (double *)floats(2 * blocks), .count = count};
  sk_parallel(squares_task, &job, blocks, worthwhile_elements / squares_per_sum);
  double total = 0;
  for (int64_t i = 0; i < blocks; i++) total += job.sums[i];
  free(job.sums);
  return total;
}

typedef struct {
  const level_table *level;
  adam_job adam;
  sgd_job sgd;
} update_job;

static void adam_task(void *context, int64_t begin, int64_t end) {
  const update_job *job = context;
  job->level->adam(&job->adam, begin, end);
}

void sk_adam(float *out, float *first, float *second, const float *parameter, const float *gradient, int64_t count,
             const sk_adam_options *options) {
  double correction1 = 1 - pow(options->beta1, (double)options->step);
  double correction2 = 1 - pow(options->beta2, (double)options->step);
  double decay = options->weight_decay;
  update_job job = {
    .level = current_level(),
    .adam = {.out = out, .first = first, .second = second, .parameter = parameter, .gradient = gradient,
             .scale = (float)options->gradient_scale, .penalty = options->decoupled ? 0 : (float)decay,
             .shrink = options->decoupled ? (float)(options->learning_rate * decay) : 0,
             .gain1 = (float)(1 - options->beta1), .gain2 = (float)(1 - options->beta2),
             .keep2 = (float)options->beta2, .rate = (float)(options->learning_rate / correction1),
             .root = (float)(1 / sqrt(correction2)), .epsilon = (float)options->epsilon},
  };
  sk_parallel(adam_task, &job, count, worthwhile_elements);
}

static void sgd_task(void *context, int64_t begin, int64_t end) {
  const update_job *job = context;
  job->level->sgd(&job->sgd, begin, end);
}

void sk_sgd(float *out, float *velocity, const float *parameter, const float *gradient, int64_t count,
            const sk_sgd_options *options) {
  update_job job = {
    .level = current_level(),
    .sgd = {.out = out, .velocity = velocity, .parameter = parameter, .gradient = gradient,
            .scale = (float)options->gradient_scale, .penalty = (float)options->weight_decay,
            .momentum = (float)options->momentum, .rate = (float)options->learning_rate,
            .nesterov = options->nesterov},
  };
  sk_parallel(sgd_task, &job, count, worthwhile_elements);
}
