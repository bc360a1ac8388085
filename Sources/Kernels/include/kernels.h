// The hot loops of steersh, in C, with the instruction set chosen at run time.
//
// Every result depends on its inputs only, never on the number of threads. Levels 3 and 4 do the same arithmetic in the
// same order (lanes of 16, fused multiply-add), so they give the same bits; level 0 has no fused multiply-add and differs
// in the last places.
#ifndef STEERSH_KERNELS_H
#define STEERSH_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

// ---- Instruction set -----------------------------------------------------------------------------------------------

enum { SK_PORTABLE = 0, SK_AVX2 = 3, SK_AVX512 = 4 };

// The level in use: 0 portable, 3 AVX2+FMA+F16C, 4 AVX-512. Numbers are those of x86-64-v3 and v4.
int sk_level(void);
// Uses `level`, or the best below it that this machine has; returns the level now in use. For tests and comparisons.
int sk_force_level(int level);
// The best level of this machine.
int sk_best_level(void);
const char *sk_level_name(int level);

// ---- Threads -------------------------------------------------------------------------------------------------------

// Processors this process may use (sched_getaffinity).
int sk_processors(void);
// Threads in the pool, the calling one included. At first: STEERSH_THREADS, or else sk_processors().
int sk_threads(void);
// Sets the pool's size (clamped to 1...256); waits for a running region.
void sk_set_threads(int count);

// Does the items begin..<end of a job.
typedef void (*sk_task)(void *context, int64_t begin, int64_t end);
// Runs `task` over 0..<count in pieces of at least `grain` items. Inside a task, or while another thread has the pool, the
// work is done by the caller alone. Which thread does which piece is not defined, so a task's results may not depend on it.
void sk_parallel(sk_task task, void *context, int64_t count, int64_t grain);

// ---- Memory --------------------------------------------------------------------------------------------------------

// Has the cache line at an address brought near, without waiting for it. Any address will do.
static inline void sk_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }

// ---- Numbers as stored ---------------------------------------------------------------------------------------------

// From SK_Q4_0 on in blocks, as GGUF files have them: a matrix whose rows are whole blocks.
typedef enum {
  SK_F32 = 0,
  SK_F16 = 1,
  SK_BF16 = 2,
  SK_Q4_0 = 16,
  SK_Q4_1,
  SK_Q5_0,
  SK_Q5_1,
  SK_Q8_0,
  SK_Q2_K,
  SK_Q3_K,
  SK_Q4_K,
  SK_Q5_K,
  SK_Q6_K
} sk_dtype;

// Numbers that a block holds, 1 for plain types, and the bytes that it takes.
int64_t sk_block_count(sk_dtype type);
int64_t sk_block_bytes(sk_dtype type);

// count elements to f32 and back, those in blocks from the start of a block on and only to f32; to f16 and bf16 it rounds
// to nearest even, NaN stays NaN.
void sk_to_f32(float *out, const void *x, sk_dtype type, int64_t count);
void sk_from_f32(void *out, sk_dtype type, const float *x, int64_t count);

// ---- Linear maps ---------------------------------------------------------------------------------------------------
//
// The order of summation of one output element depends on the inner length alone: blocks of 256 consecutive products, each
// summed one after the other from 0, the block sums added in order, then the bias. So a row of a batch equals that row
// computed alone, and decoding equals prefill, bit for bit. So does a weight in blocks the f32 copy of it. `out` may not
// overlap the inputs. A bias, a norm and a weight that lies as [k, n] with an x of its own order are plain numbers.

// out[m,n] = x[m,k] · W[n,k]ᵀ + bias[n]. Row strides in elements; bias may be NULL.
void sk_linear(float *out, int64_t out_stride, const float *x, int64_t x_stride, const void *weight,
               int64_t weight_stride, sk_dtype weight_type, const void *bias, sk_dtype bias_type, int64_t m, int64_t n,
               int64_t k);
// The same with x rounded to bf16 (to nearest even) before it is multiplied by a weight that is bf16; sums stay f32. Off by
// at most 2⁻⁹ · Σ|x·w| beside sk_linear. A row of a batch equals the row alone here too; but where the processor multiplies
// pairs of bf16 (sk_multiplies_bf16), which is twice as fast, sums have another order than elsewhere. Other weights: sk_linear.
void sk_linear_bf16(float *out, int64_t out_stride, const float *x, int64_t x_stride, const void *weight,
                    int64_t weight_stride, sk_dtype weight_type, const void *bias, sk_dtype bias_type, int64_t m,
                    int64_t n, int64_t k);
// Whether this machine, at the level in use, has instructions for it (AVX512_BF16).
bool sk_multiplies_bf16(void);
// out[m,n] = x[m,k] · W[k,n]: the product with an untransposed right-hand side.
void sk_matmul(float *out, int64_t out_stride, const float *x, int64_t x_stride, const void *weight,
               int64_t weight_stride, sk_dtype weight_type, int64_t m, int64_t n, int64_t k);

// ---- Rows: x and out are [rows, width] with a row stride; out may be x ---------------------------------------------

// softmax(scale · x) over the first `valid` columns of each row, 0 in the rest. With causal >= 0, row i has
// min(width, causal + i + 1) valid columns; with causal < 0 all of them. A row whose maximum is -inf becomes zeros.
void sk_softmax(float *out, int64_t out_stride, const float *x, int64_t x_stride, int64_t rows, int64_t width,
                float scale, int64_t causal);
// x · rsqrt(mean(x²) + eps) · (weight + weight_offset); weight may be NULL (then the factor is 1).
void sk_rmsnorm(float *out, int64_t out_stride, const float *x, int64_t x_stride, int64_t rows, int64_t width,
                const void *weight, sk_dtype weight_type, float weight_offset, float eps);
// (x − mean) · rsqrt(variance + eps) · weight + bias, variance over width; weight and bias may be NULL.
void sk_layernorm(float *out, int64_t out_stride, const float *x, int64_t x_stride, int64_t rows, int64_t width,
                  const void *weight, const void *bias, sk_dtype type, float eps);
// Rotary position embedding, halves paired (rotate_half): in each of `heads` heads of `head_width` consecutive columns, the
// first `rotary` columns turn: (a, b) at j and j + rotary/2 become (a·cos − b·sin, b·cos + a·sin). cosine and sine are
// [rows, rotary/2].
void sk_rope(float *out, int64_t out_stride, const float *x, int64_t x_stride, int64_t rows, int64_t heads,
             int64_t head_width, int64_t rotary, const float *cosine, const float *sine);
// In place: heads whose features lie as the pairs that turn together (a0 b0 a1 b1 …) get them as halves (a0 a1 … b0 b1 …);
// then a bias [heads · head_width] in the new order is added, NULL: none.
void sk_halves_of_pairs(float *x, int64_t stride, int64_t rows, int64_t heads, int64_t head_width, const float *bias);

// ---- Elementwise; out may be an input ------------------------------------------------------------------------------

typedef enum {
  SK_GELU,       // x·(1 + erf(x/√2))/2
  SK_GELU_TANH,  // x·(1 + tanh(√(2/π)(x + 0.044715x³)))/2
  SK_QUICK_GELU, // x·σ(1.702x)
  SK_SILU,       // x·σ(x)
  SK_RELU,
  SK_SIGMOID,
  SK_TANH,
  SK_EXP,
  SK_ERF,
  SK_ABS,
  SK_SQRT,
  SK_NEGATE,
  SK_SQUARE,
  SK_RECIPROCAL,
} sk_unary_op;
void sk_unary(sk_unary_op op, float *out, const float *x, int64_t count);

typedef enum { SK_ADD, SK_SUBTRACT, SK_MULTIPLY, SK_DIVIDE, SK_MINIMUM, SK_MAXIMUM } sk_binary_op;
// An operand step of 0 repeats its one element; 1 walks. Minimum and maximum give NaN where either operand is NaN.
void sk_binary(sk_binary_op op, float *out, const float *a, int64_t a_step, const float *b, int64_t b_step,
               int64_t count);
// activation(gate) · up, row by row, as in a gated MLP.
void sk_gate(sk_unary_op activation, float *out, int64_t out_stride, const float *gate, int64_t gate_stride,
             const float *up, int64_t up_stride, int64_t rows, int64_t width);

// ---- Attention -----------------------------------------------------------------------------------------------------

// One head of one sample. Strides are of rows, in elements.
typedef struct {
  const float *query;       // [queries, key_width]
  const float *key;         // [keys, key_width]
  const float *value;       // [keys, value_width]
  float *scores;            // [queries, keys]: scale · q·k, capped, -inf where masked; NULL if not wanted
  float *weights;           // [queries, keys]: softmax of the scores, 0 where masked; NULL if not wanted
  float *mixed;             // [queries, value_width]
  int64_t query_stride, key_stride, value_stride, scores_stride, weights_stride, mixed_stride;
  int64_t queries, keys, key_width, value_width;
  int64_t first_position;   // query i stands at key position first_position + i
  int64_t window;           // > 0: sees only the last `window` positions up to its own
  float scale;
  float softcap;            // > 0: scores become softcap · tanh(score / softcap)
  bool causal;              // false: every query sees every key, whatever the window
} sk_attention_head;

// Whole heads in one pass; parallel over heads and blocks of queries.
void sk_attention(const sk_attention_head *heads, int64_t count);
// The same in three steps, for a caller that edits what lies between: scores from query and key, weights from scores
// (scores and weights may be the same memory), mixed from weights and value. Masked weights are taken as zero.
void sk_attention_scores(const sk_attention_head *heads, int64_t count);
void sk_attention_weights(const sk_attention_head *heads, int64_t count);
void sk_attention_mixed(const sk_attention_head *heads, int64_t count);

// ---- Ceilings, for measurements ------------------------------------------------------------------------------------

// Does independent fused multiply-adds on all threads, `rounds` rounds each; returns how many floating-point operations
// that was.
double sk_peak_operations(int64_t rounds);
// Reads `count` 64-byte lines, on all threads.
void sk_read_lines(const void *bytes, int64_t count);

#endif
