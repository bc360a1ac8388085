// The derivative of attention for some query rows of one head. With P the weights and S the scores, both computed again:
// dV += Pᵀ dO, dP = dO Vᵀ, dS = P (dP − Σ P dP) · scale, dQ = dS K, dK += dSᵀ Q. Where scores are capped, dS has the factor
// 1 − tanh² too.

static void attention_backward(const sk_attention_gradient *job, int64_t row0, int64_t row1, float *dkey,
                               int64_t dkey_stride, float *dvalue, int64_t dvalue_stride, float *memory) {
  const sk_attention_head *head = &job->forward;
  int64_t rows = row1 - row0, start, reach;
  visible_to_rows(head, row0, row1, &start, &reach);
  int64_t keys = reach - start;
  float *dquery = job->dquery ? job->dquery + row0 * job->dquery_stride : NULL;
  const float *dmixed = job->dmixed + row0 * job->dmixed_stride, *query = head->query + row0 * head->query_stride;
  if (keys <= 0) {
    for (int64_t i = 0; dquery && i < rows; i++)
      memset(dquery + i * job->dquery_stride, 0, (size_t)head->key_width * sizeof(float));
    return;
  }
  float *weights = memory, *scores = memory + rows * keys;
  float *slopes = head->softcap > 0 ? scores + rows * keys : NULL;
  linear_job product = {
    .out = weights, .out_stride = keys, .x = query, .x_stride = head->query_stride,
    .weight = head->key + start * head->key_stride, .weight_stride = head->key_stride, .weight_type = SK_F32, .m = rows,
    .n = keys, .k = head->key_width,
  };
  linear(&product, 0, rows, 0, keys);
  for (int64_t i = 0; i < rows; i++) {
    int64_t first, end;
    visible(head, row0 + i, &first, &end);
    float *row = weights + i * keys - start;
    for (int64_t j = start; j < first; j++) row[j] = 0;
    float scale = head->scale;
    if (slopes) {
      scale_and_cap(head, row + first, row + first, slopes + i * keys - start + first, end - first);
      scale = 1;
    }
    softmax(row + first, row + first, end - first, scale);
    for (int64_t j = end; j < reach; j++) row[j] = 0;
  }
  if (dvalue) {
    product = (linear_job){
      .out = dvalue + start * dvalue_stride, .out_stride = dvalue_stride, .x = weights, .x_stride = keys,
      .weight = dmixed, .weight_stride = job->dmixed_stride, .weight_type = SK_F32, .m = keys, .n = head->value_width,
      .k = rows, .transposed = true, .x_transposed = true, .accumulate = true,
    };
    linear(&product, 0, keys, 0, head->value_width);
  }
  if (!dquery && !dkey) return;
  product = (linear_job){
    .out = scores, .out_stride = keys, .x = dmixed, .x_stride = job->dmixed_stride,
    .weight = head->value + start * head->value_stride, .weight_stride = head->value_stride, .weight_type = SK_F32,
    .m = rows, .n = keys, .k = head->value_width,
  };
  linear(&product, 0, rows, 0, keys);
  for (int64_t i = 0; i < rows; i++) {
    int64_t first, end;
    visible(head, row0 + i, &first, &end);
    float *row = scores + i * keys - start;
    for (int64_t j = start; j < first; j++) row[j] = 0;
    softmax_backward(row + first, row + first, weights + i * keys - start + first, end - first, head->scale);
    for (int64_t j = first; slopes && j < end; j++) row[j] *= slopes[i * keys - start + j];
    for (int64_t j = end; j < reach; j++) row[j] = 0;
  }
  if (dquery) {
    product = (linear_job){
      .out = dquery, .out_stride = job->dquery_stride, .x = scores, .x_stride = keys,
      .weight = head->key + start * head->key_stride, .weight_stride = head->key_stride, .weight_type = SK_F32,
      .m = rows, .n = head->key_width, .k = keys, .transposed = true,
    };
    linear(&product, 0, rows, 0, head->key_width);
  }
  if (dkey) {
    product = (linear_job){
      .out = dkey + start * dkey_stride, .out_stride = dkey_stride, .x = scores, .x_stride = keys, .weight = query,
      .weight_stride = head->query_stride, .weight_type = SK_F32, .m = keys, .n = head->key_width, .k = rows,
      .transposed = true, .x_transposed = true, .accumulate = true,
    };
    linear(&product, 0, keys, 0, head->key_width);
  }
}
