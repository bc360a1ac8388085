// The order of features that some files keep Llama's queries and keys in.
#include "pieces.h"

typedef struct {
  float *x;
  const float *bias;
  int64_t stride, heads, width;
} halves_job;

static void halves_task(void *context, int64_t begin, int64_t end) {
  const halves_job *job = context;
  int64_t half = job->width / 2;
  float *copy = scratch(job->width);
  for (int64_t i = begin; i < end; i++)
    for (int64_t h = 0; h < job->heads; h++) {
      float *head = job->x + i * job->stride + h * job->width;
      memcpy(copy, head, (size_t)job->width * sizeof(float));
      for (int64_t j = 0; j < half; j++) {
        head[j] = copy[2 * j];
        head[half + j] = copy[2 * j + 1];
      }
      if (job->bias)
        for (int64_t j = 0; j < job->width; j++) head[j] += job->bias[h * job->width + j];
    }
}

void sk_halves_of_pairs(float *x, int64_t stride, int64_t rows, int64_t heads, int64_t head_width, const float *bias) {
  halves_job job = {.x = x, .bias = bias, .stride = stride, .heads = heads, .width = head_width};
  sk_parallel(halves_task, &job, rows, row_grain(heads * head_width));
}
