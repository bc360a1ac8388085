// AVX2 with fused multiply-add and half-precision conversion.
#if defined(__x86_64__)
#include "levels.h"
#include "lanes.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LEVEL 3
#include "template.h"
#pragma clang attribute pop

const level_table level3_table = LEVEL_TABLE;
#endif
