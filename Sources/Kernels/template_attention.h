// Attention of some rows of one head.

// The keys that query `row` sees: first..<end.
INLINE void visible(const sk_attention_head *head, int64_t row, int64_t *first, int64_t *end) {
  *first = 0;
  *end = head->keys;
  if (!head->causal) return;
  int64_t position = head->first_position + row;
  if (position + 1 < *end) *end = position + 1 < 0 ? 0 : position + 1;
  if (head->window > 0 && position - head->window + 1 > 0) *first = position - head->window + 1;
  if (*first > *end) *first = *end;
}

// The keys from the first to the last that any of some rows sees.
INLINE void visible_to_rows(const sk_attention_head *head, int64_t row0, int64_t row1, int64_t *start, int64_t *reach) {
  *reach = 0;
  *start = head->keys;
  for (int64_t i = row0; i < row1; i++) {
    int64_t first, end;
    visible(head, i, &first, &end);
    *reach = end > *reach ? end : *reach;
    *start = first < *start ? first : *start;
  }
}

// scale · x, and where the head caps its scores softcap · tanh(scale · x / softcap). Where `slopes` is wanted it gets how the
// capped score changes with scale · x: 1 − tanh². May work in place.
static void scale_and_cap(const sk_attention_head *head, float *out, const float *x, float *slopes, int64_t count) {
  if (!(head->softcap > 0)) {
    for (int64_t j = 0; j < count; j++) out[j] = x[j] * head->scale;
    return;
  }
  OVER_LANES(count, v16 t = hyperbolic_tangent(load_some(x + i, some, 0) * head->scale / head->softcap);
             store_some(out + i, t * head->softcap, some);
             if (slopes) store_some(slopes + i, 1.0f - t * t, some););
}

// What is masked is written only where somebody may look at it.
static void attention_scores(const sk_attention_head *head, int64_t row0, int64_t row1, float *scores, int64_t stride) {
  int64_t start, reach;
  visible_to_rows(head, row0, row1, &start, &reach);
  linear_job job = {
    .out = scores - row0 * stride, .out_stride = stride, .x = head->query, .x_stride = head->query_stride,
    .weight = head->key, .weight_stride = head->key_stride, .weight_type = SK_F32, .m = head->queries, .n = head->keys,
    .k = head->key_width,
  };
  if (start < reach) linear(&job, row0, row1, start, reach);
  for (int64_t i = row0; i < row1; i++) {
    int64_t first, end;
    visible(head, i, &first, &end);
    float *row = scores + (i - row0) * stride;
    scale_and_cap(head, row + first, row + first, NULL, end - first);
    if (!head->scores) continue;
    for (int64_t j = 0; j < first; j++) row[j] = -INFINITY;
    for (int64_t j = end; j < head->keys; j++) row[j] = -INFINITY;
  }
}

static void attention_weights(const sk_attention_head *head, int64_t row0, int64_t row1, const float *scores,
                              int64_t scores_stride, float *weights, int64_t weights_stride) {
  for (int64_t i = row0; i < row1; i++) {
    int64_t first, end;
    visible(head, i, &first, &end);
    float *row = weights + (i - row0) * weights_stride;
    softmax(row + first, scores + (i - row0) * scores_stride + first, end - first, 1);
    if (!head->weights) continue;
    memset(row, 0, (size_t)first * sizeof(float));
    memset(row + end, 0, (size_t)(head->keys - end) * sizeof(float));
  }
}

// Each row sums over its visible keys only, so what a masked value holds, even NaN, cannot reach it.
static void attention_mixed(const sk_attention_head *head, int64_t row0, int64_t row1, const float *weights,
                            int64_t stride) {
  _Alignas(64) float packed[sum_block * tile_columns];
  _Alignas(64) float sums[most_tile_rows * tile_columns];
  linear_job values = {.weight = head->value, .weight_stride = head->value_stride, .weight_type = SK_F32};
  for (int64_t i = row0; i < row1; i++)
    memset(head->mixed + i * head->mixed_stride, 0, (size_t)head->value_width * sizeof(float));
  for (int64_t k = 0; k < head->keys; k += sum_block) {
    int64_t inner = head->keys - k < sum_block ? head->keys - k : sum_block;
    for (int64_t j = 0; j < head->value_width; j += tile_columns) {
      int64_t columns = head->value_width - j < tile_columns ? head->value_width - j : tile_columns;
      const float *panel = head->value + k * head->value_stride + j;
      int64_t panel_stride = head->value_stride;
      // Values of a head lie kilobytes apart and share few cache sets; a copy pays once several tiles read it.
      if (columns < tile_columns || row1 - row0 > 2 * tile_rows) {
        pack_columns(packed, &values, j, columns, k, inner);
        panel = packed;
        panel_stride = tile_columns;
      }
      for (int64_t i = row0; i < row1; i += tile_rows) {
        int rows = row1 - i < tile_rows ? (int)(row1 - i) : tile_rows;
        int64_t first[most_tile_rows], end[most_tile_rows], low = 0, high = inner, seen = 0;
        for (int r = 0; r < rows; r++) {
          visible(head, i + r, &first[r], &end[r]);
          first[r] = first[r] > k ? first[r] - k : 0;
          end[r] = end[r] - k < inner ? end[r] - k : inner;
          if (end[r] > first[r]) seen++;
          low = first[r] > low ? first[r] : low;
          high = end[r] < high ? end[r] : high;
        }
        if (seen == 0) continue;
        if (low >= high) low = high = 0;  // no common part: every row goes alone
        const float *x = weights + (i - row0) * stride + k;
        memset(sums, 0, sizeof sums);
        for (int r = 0; r < rows; r++) {
          int64_t stop = high > 0 ? low : end[r];
          if (first[r] < stop)
            tile(1, stop - first[r], x + r * stride + first[r], stride, panel + first[r] * panel_stride, panel_stride,
                 sums + r * tile_columns, tile_columns, tile_resume);
        }
        if (high > 0) {
          tile_of_rows(rows, high - low, x + low, stride, panel + low * panel_stride, panel_stride, sums, tile_columns,
                       tile_resume);
          for (int r = 0; r < rows; r++)
            if (end[r] > high)
              tile(1, end[r] - high, x + r * stride + high, stride, panel + high * panel_stride, panel_stride,
                   sums + r * tile_columns, tile_columns, tile_resume);
        }
        for (int r = 0; r < rows; r++) {
          float *out = head->mixed + (i + r) * head->mixed_stride + j;
          for (int64_t c = 0; c < columns; c++) out[c] += sums[r * tile_columns + c];
        }
      }
    }
  }
}
