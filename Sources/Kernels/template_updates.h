// One step of an optimizer, and the sum of squares.

typedef double d8 __attribute__((vector_size(64)));

// Squares of f32 are exact in double, so fused or not makes no difference here.
static double sum_of_squares(const float *x, int64_t count) {
  d8 low = {}, high = {};
  OVER_LANES(count, v16 v = load_some(x + i, some, 0);
             d8 a = __builtin_convertvector(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7), d8);
             d8 b = __builtin_convertvector(__builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15), d8);
             low += a * a; high += b * b;);
  low += high;
  return ((low[0] + low[4]) + (low[2] + low[6])) + ((low[1] + low[5]) + (low[3] + low[7]));
}

static void adam(const adam_job *job, int64_t begin, int64_t end) {
  float *out = job->out + begin, *first = job->first + begin, *second = job->second + begin;
  const float *parameter = job->parameter + begin, *gradient = job->gradient + begin;
  OVER_LANES(end - begin, v16 p = load_some(parameter + i, some, 0);
             v16 g = load_some(gradient + i, some, 0) * job->scale + p * job->penalty;
             v16 m = load_some(first + i, some, 0), v = load_some(second + i, some, 0);
             m = FMA(g - m, splat(job->gain1), m);
             v = FMA(g * g, splat(job->gain2), v * job->keep2);
             store_some(first + i, m, some); store_some(second + i, v, some);
             v16 divisor = __builtin_elementwise_sqrt(v) * job->root + job->epsilon;
             store_some(out + i, FMA(p, splat(-job->shrink), p) - job->rate * m / divisor, some););
}

static void sgd(const sgd_job *job, int64_t begin, int64_t end) {
  float *out = job->out + begin, *velocity = job->velocity ? job->velocity + begin : NULL;
  const float *parameter = job->parameter + begin, *gradient = job->gradient + begin;
  OVER_LANES(end - begin, v16 p = load_some(parameter + i, some, 0);
             v16 g = load_some(gradient + i, some, 0) * job->scale + p * job->penalty; v16 step = g;
             if (velocity) {
               v16 u = FMA(load_some(velocity + i, some, 0), splat(job->momentum), g);
               store_some(velocity + i, u, some);
               step = job->nesterov ? FMA(u, splat(job->momentum), g) : u;
             }
             store_some(out + i, p - job->rate * step, some););
}
