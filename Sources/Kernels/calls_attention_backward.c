// The derivative of attention: one piece of work for each query head, then sums over the heads that share a key head.
#include "pieces.h"

typedef struct {
  const level_table *level;
  const sk_attention_gradient *heads;
  int64_t group;
  // Where groups are larger than 1: dkey and dvalue of each query head, from offsets[head] on.
  float *parts;
  const int64_t *offsets;
} gradient_plan;

static void head_task(void *context, int64_t begin, int64_t end) {
  const gradient_plan *plan = context;
  for (int64_t h = begin; h < end; h++) {
    const sk_attention_gradient *head = plan->heads + h;
    const sk_attention_head *forward = &head->forward;
    float *dkey = head->dkey, *dvalue = head->dvalue;
    int64_t dkey_stride = head->dkey_stride, dvalue_stride = head->dvalue_stride;
    if (plan->parts) {
      float *part = plan->parts + plan->offsets[h];
      dkey = dkey ? part : NULL;
      dvalue = dvalue ? part + forward->keys * forward->key_width : NULL;
      dkey_stride = forward->key_width;
      dvalue_stride = forward->value_width;
    }
    for (int64_t i = 0; i < forward->keys; i++) {
      if (dkey) memset(dkey + i * dkey_stride, 0, (size_t)forward->key_width * sizeof(float));
      if (dvalue) memset(dvalue + i * dvalue_stride, 0, (size_t)forward->value_width * sizeof(float));
    }
    float *memory = scratch((forward->softcap > 0 ? 3 : 2) * smaller(gradient_query_block, forward->queries) * forward->keys);
    for (int64_t row = 0; row < forward->queries; row += gradient_query_block)
      plan->level->attention_backward(head, row, smaller(row + gradient_query_block, forward->queries), dkey, dkey_stride,
                                      dvalue, dvalue_stride, memory);
  }
}

static void add_parts(const gradient_plan *plan, int64_t first, float *out, int64_t out_stride, int64_t keys,
                      int64_t width, int64_t skip) {
  for (int64_t i = 0; out && i < keys; i++, out += out_stride) {
    memcpy(out, plan->parts + plan->offsets[first] + skip + i * width, (size_t)width * sizeof(float));
    for (int64_t h = first + 1; h < first + plan->group; h++)
      plan->level->binary(SK_ADD, out, out, 1, plan->parts + plan->offsets[h] + skip + i * width, 1, width);
  }
}

static void group_task(void *context, int64_t begin, int64_t end) {
  const gradient_plan *plan = context;
  for (int64_t g = begin; g < end; g++) {
    const sk_attention_gradient *head = plan->heads + g * plan->group;
    const sk_attention_head *forward = &head->forward;
    add_parts(plan, g * plan->group, head->dkey, head->dkey_stride, forward->keys, forward->key_width, 0);
    add_parts(plan, g * plan->group, head->dvalue, head->dvalue_stride, forward->keys, forward->value_width,
              forward->keys * forward->key_width);
  }
}

void sk_attention_backward(const sk_attention_gradient *heads, int64_t count, int64_t group) {
  gradient_plan plan = {.level = current_level(), .group = group};
  if (group <= 1) {
    plan.heads = heads;
    sk_parallel(head_task, &plan, count, 1);
    return;
  }
  // In waves, so that the parts of all heads never exist together; which heads share a wave changes no result.
  int64_t wave = larger(ceiling(4 * (int64_t)sk_threads(), group), 1) * group;
  int64_t *offsets = (int64_t *)floats(2 * wave);
  plan.offsets = offsets;
  for (int64_t start = 0; start < count; start += wave) {
    int64_t some = smaller(wave, count - start), total = 0;
    plan.heads = heads + start;
    for (int64_t h = 0; h < some; h++) {
      const sk_attention_head *forward = &plan.heads[h].forward;
      offsets[h] = total;
      total += ceiling(forward->keys * (forward->key_width + forward->value_width), 16) * 16;
    }
    plan.parts = floats(total);
    sk_parallel(head_task, &plan, some, 1);
    sk_parallel(group_task, &plan, some / group, 1);
    free(plan.parts);
  }
  free(offsets);
}
