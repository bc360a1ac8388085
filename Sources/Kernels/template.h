// The body of one level file. LEVEL is set; the target attribute is in force. Order matters: each part uses the ones above.
#pragma clang fp contract(off)
#include "template_math.h"
#include "template_convert.h"
#include "template_blocks.h"
#include "template_linear.h"
#include "template_linear_blocks.h"
#include "template_rows.h"
#include "template_elementwise.h"
#include "template_attention.h"
#include "template_columns.h"
#include "template_norm_backward.h"
#include "template_elementwise_backward.h"
#include "template_cross_entropy.h"
#include "template_attention_backward.h"
#include "template_updates.h"
#include "template_bench.h"

#define LEVEL_TABLE                                                                                                     \
  {                                                                                                                     \
    .tile_rows = tile_rows, .tile_columns = tile_columns, .linear = linear, .to_f32 = to_f32, .from_f32 = from_f32,     \
    .softmax = softmax, .rmsnorm = rmsnorm, .layernorm = layernorm, .rope = rope, .unary = unary, .binary = binary,     \
    .gate = gate, .scores = attention_scores, .weights = attention_weights, .mixed = attention_mixed,                   \
    .columns = columns, .softmax_backward = softmax_backward, .rmsnorm_backward = rmsnorm_backward,                     \
    .layernorm_backward = layernorm_backward, .cross_entropy = cross_entropy,                                           \
    .cross_entropy_backward = cross_entropy_backward, .unary_backward = unary_backward,                                 \
    .gate_backward = gate_backward, .attention_backward = attention_backward, .sum_of_squares = sum_of_squares,         \
    .adam = adam, .sgd = sgd, .peak = peak,                                                                             \
    .operations_per_round = 2.0 * lanes * chains, .read = read_lines                                                    \
  }
