// AVX-512 (F, BW, DQ, VL).
#if defined(__x86_64__)
#include "levels.h"
#include "lanes.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#define LEVEL 4
#include "template.h"
#pragma clang attribute pop

const level_table level4_table = LEVEL_TABLE;
#endif
