// Linear maps with dot products of bf16 pairs (AVX512_BF16): the loops of template_linear.h over pairs of bf16 that travel as one
// lane of 32 bits. What is a number there is a pair here, its k is half of ours, and its multiply-add is a dot product.
#if defined(__x86_64__)
#include "levels.h"
#include "lanes.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c"))), apply_to = function)
#define LEVEL 4
#pragma clang fp contract(off)
#include "template_math.h"
#include "template_convert.h"

typedef __bf16 pairs16 __attribute__((vector_size(64)));
typedef __bf16 pairs8 __attribute__((vector_size(32)));
INLINE v16 dot16(v16 a, v16 b, v16 sum) { return __builtin_ia32_dpbf16ps_512(sum, (pairs16)a, (pairs16)b); }
INLINE v8 dot8(v8 a, v8 b, v8 sum) { return __builtin_ia32_dpbf16ps_256(sum, (pairs8)a, (pairs8)b); }
#undef FMA
#define FMA(a, b, sum) _Generic((sum), v16: dot16, v8: dot8)(a, b, sum)
#include "template_linear.h"
#pragma clang attribute pop

const level_table level5_table = {
  .tile_rows = tile_rows, .tile_columns = tile_columns, .linear = linear, .to_f32 = to_f32, .from_f32 = from_f32};
#endif
