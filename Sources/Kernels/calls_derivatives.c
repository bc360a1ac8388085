// Entry points of derivatives of rows and elements.
#include "pieces.h"

enum { columns_per_piece = 64 };

// ---- Columns -------------------------------------------------------------------------------------------------------

typedef struct {
  const level_table *level;
  column_job job;
  int64_t width;
} column_plan;

static void column_task(void *context, int64_t begin, int64_t end) {
  const column_plan *plan = context;
  plan->level->columns(&plan->job, begin * columns_per_piece, smaller(end * columns_per_piece, plan->width));
}

static void run_columns(column_job job, int64_t width) {
  column_plan plan = {.level = current_level(), .job = job, .width = width};
  sk_parallel(column_task, &plan, ceiling(width, columns_per_piece), row_grain(columns_per_piece * larger(job.rows, 1)));
}

void sk_column_sums(float *out, const float *x, int64_t x_stride, int64_t rows, int64_t width, bool accumulate) {
  run_columns((column_job){.out = out, .a = x, .a_stride = x_stride, .rows = rows, .accumulate = accumulate}, width);
}

// ---- Rows ----------------------------------------------------------------------------------------------------------

typedef struct {
  const level_table *level;
  float *dx, *dz;
  const float *dy, *x, *z;
  int64_t dx_stride, dz_stride, dy_stride, x_stride, z_stride, width;
  const void *weight;
  sk_dtype type;
  float offset, eps;
  int op;
  float *mean, *factor;  // by row
  const int64_t *targets;
  const float *dloss, *weights;
} gradient_job;

static void softmax_backward_task(void *context, int64_t begin, int64_t end) {
  const gradient_job *job = context;
  for (int64_t i = begin; i < end; i++)
    job->level->softmax_backward(job->dx + i * job->dx_stride, job->dy + i * job->dy_stride, job->x + i * job->x_stride,
                                 job->width, job->offset);
}

void sk_softmax_backward(float *dx, int64_t dx_stride, const float *dy, int64_t dy_stride, const float *y,
                         int64_t y_stride, int64_t rows, int64_t width, float scale) {
  gradient_job job = {.level = current_level(), .dx = dx, .dy = dy, .x = y, .dx_stride = dx_stride,
                      .dy_stride = dy_stride, .x_stride = y_stride, .width = width, .offset = scale};
  sk_parallel(softmax_backward_task, &job, rows, row_grain(width));
}

static float *gradient_row(const gradient_job *job, int64_t i) { return job->dx ? job->dx + i * job->dx_stride : NULL; }

static void rmsnorm_backward_task(void *context, int64_t begin, int64_t end) {
  const gradient_job *job = context;
  for (int64_t i = begin; i < end; i++)
    job->factor[i] = job->level->rmsnorm_backward(gradient_row(job, i), job->dy + i * job->dy_stride,
                                                  job->x + i * job->x_stride, job->width, job->weight, job->type,
                                                  job->offset, job->eps);
}

void sk_rmsnorm_backward(float *dx, int64_t dx_stride, float *dweight, const float *dy, int64_t dy_stride, const float *x,
                         int64_t x_stride, int64_t rows, int64_t width, const void *weight, sk_dtype weight_type,
                         float weight_offset, float eps) {
  gradient_job job = {.level = current_level(), .dx = dx, .dy = dy, .x = x, .dx_stride = dx_stride,
                      .dy_stride = dy_stride, .x_stride = x_stride, .width = width, .weight = weight,
                      .type = weight_type, .offset = weight_offset, .eps = eps, .factor = floats(rows)};
  sk_parallel(rmsnorm_backward_task, &job, rows, row_grain(width));
  if (dweight)
    run_columns((column_job){.out = dweight, .a = dy, .a_stride = dy_stride, .b = x, .b_stride = x_stride,
                             .factor = job.factor, .rows = rows}, width);
  free(job.factor);
}

static void layernorm_backward_task(void *context, int64_t begin, int64_t end) {
  const gradient_job *job = context;
  for (int64_t i = begin; i < end; i++)
    job->factor[i] = job->level->layernorm_backward(gradient_row(job, i), job->dy + i * job->dy_stride,
                                                    job->x + i * job->x_stride, job->width, job->weight, job->type,
                                                    job->eps, job->mean + i);
}

void sk_layernorm_backward(float *dx, int64_t dx_stride, float *dweight, float *dbias, const float *dy,
                           int64_t dy_stride, const float *x, int64_t x_stride, int64_t rows, int64_t width,
                           const void *weight, sk_dtype weight_type, float eps) {
  gradient_job job = {.level = current_level(), .dx = dx, .dy = dy, .x = x, .dx_stride = dx_stride,
                      .dy_stride = dy_stride, .x_stride = x_stride, .width = width, .weight = weight,
                      .type = weight_type, .eps = eps, .factor = floats(2 * rows)};
  job.mean = job.factor + rows;
  sk_parallel(layernorm_backward_task, &job, rows, row_grain(width));
  if (dweight)
    run_columns((column_job){.out = dweight, .a = dy, .a_stride = dy_stride, .b = x, .b_stride = x_stride,
                             .shift = job.mean, .factor = job.factor, .rows = rows}, width);
  if (dbias) sk_column_sums(dbias, dy, dy_stride, rows, width, false);
  free(job.factor);
}

static void cross_entropy_task(void *context, int64_t begin, int64_t end) {
  const gradient_job *job = context;
  for (int64_t i = begin; i < end; i++) {
    float weight = job->weights ? job->weights[i] : 1;
    job->dx[i] =
      weight == 0 ? 0 : weight * job->level->cross_entropy(job->x + i * job->x_stride, job->width, job->targets[i]);
  }
}

void sk_cross_entropy(float *loss, const float *x, int64_t x_stride, const int64_t *targets, const float *weights,
                      int64_t rows, int64_t vocab) {
  gradient_job job = {.level = current_level(), .dx = loss, .x = x, .x_stride = x_stride, .width = vocab,
                      .targets = targets, .weights = weights};
  sk_parallel(cross_entropy_task, &job, rows, row_grain(vocab));
}

static void cross_entropy_backward_task(void *context, int64_t begin, int64_t end) {
  const gradient_job *job = context;
  for (int64_t i = begin; i < end; i++) {
    float weight = job->weights ? job->weights[i] : 1, *dx = job->dx + i * job->dx_stride;
    if (weight == 0) {
      for (int64_t j = 0; j < job->width; j++) dx[j] = 0;
      continue;
    }
    job->level->cross_entropy_backward(dx, job->x + i * job->x_stride, job->width, job->targets[i],
                                       job->dloss ? job->dloss[i] * weight : weight);
  }
}

void sk_cross_entropy_backward(float *dx, int64_t dx_stride, const float *dloss, const float *x, int64_t x_stride,
                               const int64_t *targets, const float *weights, int64_t rows, int64_t vocab) {
  gradient_job job = {.level = current_level(), .dx = dx, .dx_stride = dx_stride, .x = x, .x_stride = x_stride,
                      .width = vocab, .targets = targets, .weights = weights, .dloss = dloss};
  sk_parallel(cross_entropy_backward_task, &job, rows, row_grain(vocab));
}

// ---- Elementwise ---------------------------------------------------------------------------------------------------

static void unary_backward_task(void *context, int64_t begin, int64_t end) {
  const gradient_job *job = context;
  job->level->unary_backward((sk_unary_op)job->op, job->dx + begin, job->dy + begin, job->x + begin, end - begin);
}

void sk_unary_backward(sk_unary_op op, float *dx, const float *dy, const float *x, int64_t count) {
  gradient_job job = {.level = current_level(), .dx = dx, .dy = dy, .x = x, .op = (int)op};
  sk_parallel(unary_backward_task, &job, count, worthwhile_elements);
}

static void gate_backward_task(void *context, int64_t begin, int64_t end) {
  const gradient_job *job = context;
  for (int64_t i = begin; i < end; i++)
    job->level->gate_backward((sk_unary_op)job->op, gradient_row(job, i), job->dz ? job->dz + i * job->dz_stride : NULL,
                              job->dy + i * job->dy_stride, job->x + i * job->x_stride, job->z + i * job->z_stride,
                              job->width);
}

void sk_gate_backward(sk_unary_op activation, float *dgate, int64_t dgate_stride, float *dup, int64_t dup_stride,
                      const float *dy, int64_t dy_stride, const float *gate, int64_t gate_stride, const float *up,
                      int64_t up_stride, int64_t rows, int64_t width) {
  gradient_job job = {.level = current_level(), .dx = dgate, .dx_stride = dgate_stride, .dz = dup,
                      .dz_stride = dup_stride, .dy = dy, .dy_stride = dy_stride, .x = gate, .x_stride = gate_stride,
                      .z = up, .z_stride = up_stride, .width = width, .op = (int)activation};
  sk_parallel(gate_backward_task, &job, rows, row_grain(width));
}

// ---- Rows of a table -----------------------------------------------------------------------------------------------

typedef struct {
  const level_table *level;
  float *table;
  const int64_t *ids;
  const float *x;
  int64_t table_stride, x_stride, count, width;
} scatter_job;

// Every piece takes some columns of all rows, so equal ids meet in one piece, in order.
static void scatter_task(void *context, int64_t begin, int64_t end) {
  const scatter_job *job = context;
  int64_t column = begin * columns_per_piece, width = smaller(end * columns_per_piece, job->width) - column;
  for (int64_t i = 0; i < job->count; i++) {
    float *row = job->table + job->ids[i] * job->table_stride + column;
    job->level->binary(SK_ADD, row, row, 1, job->x + i * job->x_stride + column, 1, width);
  }
}

void sk_scatter_add(float *table, int64_t table_stride, const int64_t *ids, const float *x, int64_t x_stride,
                    int64_t count, int64_t width) {
  scatter_job job = {.level = current_level(), .table = table, .ids = ids, .x = x, .table_stride = table_stride,
                     .x_stride = x_stride, .count = count, .width = width};
  sk_parallel(scatter_task, &job, ceiling(width, columns_per_piece), row_grain(columns_per_piece * larger(count, 1)));
}
