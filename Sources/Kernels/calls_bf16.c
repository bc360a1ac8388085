// Linear maps whose activations are rounded to bf16 first.
#include "calls.h"

typedef struct {
  const level_table *level;
  void *out;
  const float *x;
  int64_t x_stride, width;
  bool as_pairs;  // else as f32
} rounding_job;

static void rounding_task(void *context, int64_t begin, int64_t end) {
  const rounding_job *job = context;
  for (int64_t i = begin; i < end; i++) {
    const float *x = job->x + i * job->x_stride;
    if (job->as_pairs) {
      job->level->from_f32((uint16_t *)job->out + i * job->width, SK_BF16, x, job->width);
      continue;
    }
    float *out = (float *)job->out + i * job->width;
    uint16_t some[512];
    for (int64_t j = 0; j < job->width; j += 512) {
      int64_t count = smaller(512, job->width - j);
      job->level->from_f32(some, SK_BF16, x + j, count);
      job->level->to_f32(out + j, some, SK_BF16, count);
    }
  }
}

void sk_linear_bf16(float *out, int64_t out_stride, const float *x, int64_t x_stride, const void *weight,
                    int64_t weight_stride, sk_dtype weight_type, const void *bias, sk_dtype bias_type, int64_t m,
                    int64_t n, int64_t k) {
  linear_job job = {.out = out, .x = x, .weight = weight, .bias = bias, .out_stride = out_stride, .x_stride = x_stride,
                    .weight_stride = weight_stride, .m = m, .n = n, .k = k, .weight_type = weight_type,
                    .bias_type = bias_type};
  if (weight_type != SK_BF16 || m <= 0 || k <= 0) {
    run_linear_at(current_level(), job);
    return;
  }
  const level_table *pairs = k % 2 == 0 && weight_stride % 2 == 0 ? pairs_level() : NULL;
  rounding_job rounding = {.level = current_level(), .x = x, .x_stride = x_stride, .width = k, .as_pairs = pairs != NULL};
  rounding.out = scratch(pairs ? m * k / 2 : m * k);
  sk_parallel(rounding_task, &rounding, m, row_grain(k));
  job.x = rounding.out;
  job.x_stride = k;
  if (pairs) {
    // A pair travels as a number of 32 bits.
    job.k = job.x_stride = k / 2;
    job.weight_stride = weight_stride / 2;
    job.weight_type = SK_F32;
  }
  run_linear_at(pairs ? pairs : current_level(), job);
}
