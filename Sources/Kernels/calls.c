// The public entry points: cut the work into pieces and hand them to the level in use.
#include "calls.h"

// ---- Linear --------------------------------------------------------------------------------------------------------

typedef struct {
  const level_table *level;
  linear_job job;
  int64_t row_step, column_step, column_pieces;
} linear_plan;

static void linear_task(void *context, int64_t begin, int64_t end) {
  const linear_plan *plan = context;
  for (int64_t piece = begin; piece < end; piece++) {
    int64_t row = piece / plan->column_pieces * plan->row_step;
    int64_t column = piece % plan->column_pieces * plan->column_step;
    plan->level->linear(&plan->job, row, smaller(row + plan->row_step, plan->job.m), column,
                        smaller(column + plan->column_step, plan->job.n));
  }
}

void run_linear_at(const level_table *level, linear_job job) {
  if (job.m <= 0 || job.n <= 0) return;
  linear_plan plan = {.level = level, .job = job, .row_step = job.m, .column_step = job.n};
  int64_t threads = sk_threads();
  if (threads > 1 && job.m * job.n * larger(job.k, 1) > worthwhile_products) {
    // About four pieces a thread, whole tiles each. Packing a panel pays off over a piece's rows, copying rows over its columns.
    int64_t unit = job.m == 1 ? 32 : level->tile_columns, wanted = 4 * threads;
    int64_t bands = ceiling(job.m, 256);
    int64_t per_piece = larger(ceiling(job.n, ceiling(wanted, bands)), unit);
    plan.column_step = smaller(ceiling(per_piece, unit) * unit, job.m == 1 ? job.n : 512);
    int64_t pieces = bands * ceiling(job.n, plan.column_step);
    if (pieces < wanted && job.m > level->tile_rows) {
      bands = smaller(ceiling(wanted * bands, pieces), ceiling(job.m, level->tile_rows));
    }
    plan.row_step = ceiling(ceiling(job.m, bands), level->tile_rows) * level->tile_rows;
  }
  plan.column_pieces = ceiling(job.n, plan.column_step);
  sk_parallel(linear_task, &plan, plan.column_pieces * ceiling(job.m, plan.row_step), 1);
}

static void run_linear(linear_job job) { run_linear_at(current_level(), job); }

void sk_linear(float *out, int64_t out_stride, const float *x, int64_t x_stride, const void *weight,
               int64_t weight_stride, sk_dtype weight_type, const void *bias, sk_dtype bias_type, int64_t m, int64_t n,
               int64_t k) {
  run_linear((linear_job){.out = out, .x = x, .weight = weight, .bias = bias, .out_stride = out_stride,
                          .x_stride = x_stride, .weight_stride = weight_stride, .m = m, .n = n, .k = k,
                          .weight_type = weight_type, .bias_type = bias_type});
}

void sk_matmul(float *out, int64_t out_stride, const float *x, int64_t x_stride, const void *weight,
               int64_t weight_stride, sk_dtype weight_type, int64_t m, int64_t n, int64_t k) {
  run_linear((linear_job){.out = out, .x = x, .weight = weight, .out_stride = out_stride, .x_stride = x_stride,
                          .weight_stride = weight_stride, .m = m, .n = n, .k = k, .weight_type = weight_type,
                          .transposed = true});
}

void sk_matmul_tn(float *out, int64_t out_stride, const float *a, int64_t a_stride, const float *b, int64_t b_stride,
                  int64_t m, int64_t n, int64_t k, bool accumulate) {
  run_linear((linear_job){.out = out, .x = a, .weight = b, .out_stride = out_stride, .x_stride = a_stride,
                          .weight_stride = b_stride, .m = n, .n = k, .k = m, .weight_type = SK_F32, .transposed = true,
                          .x_transposed = true, .accumulate = accumulate});
}

// ---- Rows ----------------------------------------------------------------------------------------------------------

typedef struct {
  const level_table *level;
  float *out;
  const float *x, *y;
  int64_t out_stride, x_stride, y_stride, width;
  const void *weight, *bias;
  sk_dtype type;
  float scale, eps;
  int64_t causal, heads, rotary;
  int op;
} row_job;

static void softmax_task(void *context, int64_t begin, int64_t end) {
  const row_job *job = context;
  for (int64_t i = begin; i < end; i++) {
    float *out = job->out + i * job->out_stride;
    int64_t valid = job->causal < 0 ? job->width : smaller(job->width, job->causal + i + 1);
    job->level->softmax(out, job->x + i * job->x_stride, valid, job->scale);
    for (int64_t j = valid; j < job->width; j++) out[j] = 0;
  }
}

void sk_softmax(float *out, int64_t out_stride, const float *x, int64_t x_stride, int64_t rows, int64_t width,
                float scale, int64_t causal) {
  row_job job = {.level = current_level(), .out = out, .x = x, .out_stride = out_stride, .x_stride = x_stride,
                 .width = width, .scale = scale, .causal = causal};
  sk_parallel(softmax_task, &job, rows, row_grain(width));
}

static void rmsnorm_task(void *context, int64_t begin, int64_t end) {
  const row_job *job = context;
  for (int64_t i = begin; i < end; i++)
    job->level->rmsnorm(job->out + i * job->out_stride, job->x + i * job->x_stride, job->width, job->weight, job->type,
                        job->scale, job->eps);
}

void sk_rmsnorm(float *out, int64_t out_stride, const float *x, int64_t x_stride, int64_t rows, int64_t width,
                const void *weight, sk_dtype weight_type, float weight_offset, float eps) {
  row_job job = {.level = current_level(), .out = out, .x = x, .out_stride = out_stride, .x_stride = x_stride,
                 .width = width, .weight = weight, .type = weight_type, .scale = weight_offset, .eps = eps};
  sk_parallel(rmsnorm_task, &job, rows, row_grain(width));
}

static void layernorm_task(void *context, int64_t begin, int64_t end) {
  const row_job *job = context;
  for (int64_t i = begin; i < end; i++)
    job->level->layernorm(job->out + i * job->out_stride, job->x + i * job->x_stride, job->width, job->weight, job->bias,
                          job->type, job->eps);
}

void sk_layernorm(float *out, int64_t out_stride, const float *x, int64_t x_stride, int64_t rows, int64_t width,
                  const void *weight, const void *bias, sk_dtype type, float eps) {
  row_job job = {.level = current_level(), .out = out, .x = x, .out_stride = out_stride, .x_stride = x_stride,
                 .width = width, .weight = weight, .bias = bias, .type = type, .eps = eps};
  sk_parallel(layernorm_task, &job, rows, row_grain(width));
}

static void rope_task(void *context, int64_t begin, int64_t end) {
  const row_job *job = context;
  const float *cosine = job->weight, *sine = job->bias;
  for (int64_t i = begin; i < end; i++)
    job->level->rope(job->out + i * job->out_stride, job->x + i * job->x_stride, job->heads, job->width, job->rotary,
                     cosine + i * (job->rotary / 2), sine + i * (job->rotary / 2), job->scale);
}

static void turn(float *out, int64_t out_stride, const float *x, int64_t x_stride, int64_t rows, int64_t heads,
                 int64_t head_width, int64_t rotary, const float *cosine, const float *sine, float direction) {
  row_job job = {.level = current_level(), .out = out, .x = x, .out_stride = out_stride, .x_stride = x_stride,
                 .width = head_width, .heads = heads, .rotary = rotary, .weight = cosine, .bias = sine,
                 .scale = direction};
  sk_parallel(rope_task, &job, rows, row_grain(heads * head_width));
}

void sk_rope(float *out, int64_t out_stride, const float *x, int64_t x_stride, int64_t rows, int64_t heads,
             int64_t head_width, int64_t rotary, const float *cosine, const float *sine) {
  turn(out, out_stride, x, x_stride, rows, heads, head_width, rotary, cosine, sine, 1);
}

void sk_rope_backward(float *dx, int64_t dx_stride, const float *dy, int64_t dy_stride, int64_t rows, int64_t heads,
                      int64_t head_width, int64_t rotary, const float *cosine, const float *sine) {
  turn(dx, dx_stride, dy, dy_stride, rows, heads, head_width, rotary, cosine, sine, -1);
}

static void gate_task(void *context, int64_t begin, int64_t end) {
  const row_job *job = context;
  for (int64_t i = begin; i < end; i++)
    job->level->gate((sk_unary_op)job->op, job->out + i * job->out_stride, job->x + i * job->x_stride,
                     job->y + i * job->y_stride, job->width);
}

void sk_gate(sk_unary_op activation, float *out, int64_t out_stride, const float *gate, int64_t gate_stride,
             const float *up, int64_t up_stride, int64_t rows, int64_t width) {
  row_job job = {.level = current_level(), .out = out, .x = gate, .y = up, .out_stride = out_stride,
                 .x_stride = gate_stride, .y_stride = up_stride, .width = width, .op = (int)activation};
  sk_parallel(gate_task, &job, rows, row_grain(width));
}

// ---- Elementwise ---------------------------------------------------------------------------------------------------

typedef struct {
  const level_table *level;
  void *out;
  const void *a, *b;
  int64_t a_step, b_step;
  sk_dtype type;
  int op;
} element_job;

static int64_t width_of(sk_dtype type) { return type == SK_F32 ? 4 : 2; }

static void unary_task(void *context, int64_t begin, int64_t end) {
  const element_job *job = context;
  job->level->unary((sk_unary_op)job->op, (float *)job->out + begin, (const float *)job->a + begin, end - begin);
}

void sk_unary(sk_unary_op op, float *out, const float *x, int64_t count) {
  element_job job = {.level = current_level(), .out = out, .a = x, .op = (int)op};
  sk_parallel(unary_task, &job, count, worthwhile_elements);
}

static void binary_task(void *context, int64_t begin, int64_t end) {
  const element_job *job = context;
  job->level->binary((sk_binary_op)job->op, (float *)job->out + begin, (const float *)job->a + begin * job->a_step,
                     job->a_step, (const float *)job->b + begin * job->b_step, job->b_step, end - begin);
}

void sk_binary(sk_binary_op op, float *out, const float *a, int64_t a_step, const float *b, int64_t b_step,
               int64_t count) {
  element_job job = {.level = current_level(), .out = out, .a = a, .b = b, .a_step = a_step, .b_step = b_step,
                     .op = (int)op};
  sk_parallel(binary_task, &job, count, worthwhile_elements);
}

static void to_f32_task(void *context, int64_t begin, int64_t end) {
  const element_job *job = context;
  job->level->to_f32((float *)job->out + begin, (const char *)job->a + begin * width_of(job->type), job->type,
                     end - begin);
}

void sk_to_f32(float *out, const void *x, sk_dtype type, int64_t count) {
  element_job job = {.level = current_level(), .out = out, .a = x, .type = type};
  sk_parallel(to_f32_task, &job, count, worthwhile_elements);
}

static void from_f32_task(void *context, int64_t begin, int64_t end) {
  const element_job *job = context;
  job->level->from_f32((char *)job->out + begin * width_of(job->type), job->type, (const float *)job->a + begin,
                       end - begin);
}

void sk_from_f32(void *out, sk_dtype type, const float *x, int64_t count) {
  element_job job = {.level = current_level(), .out = out, .a = x, .type = type};
  sk_parallel(from_f32_task, &job, count, worthwhile_elements);
}

// ---- Attention -----------------------------------------------------------------------------------------------------

enum { query_block = 60 };  // a multiple of every level's tile rows

typedef enum { step_scores = 1, step_weights = 2, step_mixed = 4 } attention_steps;

typedef struct {
  const level_table *level;
  const sk_attention_head *heads;
  int64_t blocks;  // of queries, in the longest head
  int steps;
} attention_job;

static void attention_task(void *context, int64_t begin, int64_t end) {
  const attention_job *job = context;
  for (int64_t piece = begin; piece < end; piece++) {
    const sk_attention_head *head = job->heads + piece / job->blocks;
    int64_t row0 = piece % job->blocks * query_block, row1 = smaller(row0 + query_block, head->queries);
    if (row0 >= row1) continue;
    float *scores = head->scores ? head->scores + row0 * head->scores_stride : NULL;
    float *weights = head->weights ? head->weights + row0 * head->weights_stride : NULL;
    int64_t scores_stride = head->scores_stride, weights_stride = head->weights_stride;
    if (!weights) {
      if (!(job->steps & step_scores)) continue;  // the separate steps need their operands
      weights_stride = ceiling(head->keys, 16) * 16 + 16;  // rows a power of two apart would share cache sets
      weights = scratch((row1 - row0) * weights_stride);
    }
    if (!scores) {
      scores = weights;
      scores_stride = weights_stride;
    }
    if (job->steps & step_scores) job->level->scores(head, row0, row1, scores, scores_stride);
    if (job->steps & step_weights)
      job->level->weights(head, row0, row1, scores, scores_stride, weights, weights_stride);
    if (job->steps & step_mixed) job->level->mixed(head, row0, row1, weights, weights_stride);
  }
}

static void run_attention(const sk_attention_head *heads, int64_t count, int steps) {
  int64_t longest = 0;
  for (int64_t i = 0; i < count; i++) longest = larger(longest, heads[i].queries);
  attention_job job = {.level = current_level(), .heads = heads, .blocks = ceiling(longest, query_block), .steps = steps};
  sk_parallel(attention_task, &job, count * job.blocks, 1);
}

void sk_attention(const sk_attention_head *heads, int64_t count) {
  run_attention(heads, count, step_scores | step_weights | step_mixed);
}
void sk_attention_scores(const sk_attention_head *heads, int64_t count) { run_attention(heads, count, step_scores); }
void sk_attention_weights(const sk_attention_head *heads, int64_t count) { run_attention(heads, count, step_weights); }
void sk_attention_mixed(const sk_attention_head *heads, int64_t count) { run_attention(heads, count, step_mixed); }

// ---- Ceilings ------------------------------------------------------------------------------------------------------

typedef struct {
  const level_table *level;
  const char *bytes;
  int64_t rounds, lines;
  _Atomic float sink;
} ceiling_job;

enum { lines_per_piece = 1024, peak_pieces_per_thread = 16 };

static void peak_task(void *context, int64_t begin, int64_t end) {
  const ceiling_job *job = context;
  for (int64_t i = begin; i < end; i++) job->level->peak(job->rounds);
}

double sk_peak_operations(int64_t rounds) {
  ceiling_job job = {.level = current_level(), .rounds = larger(rounds / peak_pieces_per_thread, 1)};
  int64_t pieces = (int64_t)sk_threads() * peak_pieces_per_thread;
  sk_parallel(peak_task, &job, pieces, 1);
  return job.level->operations_per_round * (double)(pieces * job.rounds);
}

static void read_task(void *context, int64_t begin, int64_t end) {
  ceiling_job *job = context;
  for (int64_t i = begin; i < end; i++) {
    int64_t line = i * lines_per_piece;
    job->sink = job->level->read(job->bytes + line * 64, smaller(lines_per_piece, job->lines - line));
  }
}

void sk_read_lines(const void *bytes, int64_t count) {
  ceiling_job job = {.level = current_level(), .bytes = bytes, .lines = count};
  sk_parallel(read_task, &job, ceiling(count, lines_per_piece), 1);
}
