// Chooses the instruction set, once, and on demand for tests.
#include "levels.h"

#include <stdatomic.h>

static atomic_int chosen = -1;

int sk_best_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return SK_AVX512;
  if (avx2) return SK_AVX2;
#endif
  return SK_PORTABLE;
}

int sk_level(void) {
  int level = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (level < 0) {
    level = sk_best_level();
    atomic_store_explicit(&chosen, level, memory_order_relaxed);
  }
  return level;
}

int sk_force_level(int level) {
  int best = sk_best_level();
  int use = level >= SK_AVX512 ? SK_AVX512 : level >= SK_AVX2 ? SK_AVX2 : SK_PORTABLE;
  if (use > best) use = best;
  atomic_store_explicit(&chosen, use, memory_order_relaxed);
  return use;
}

const char *sk_level_name(int level) {
  switch (level) {
  case SK_AVX512: return "AVX-512";
  case SK_AVX2: return "AVX2";
  default: return "portable";
  }
}

const level_table *pairs_level(void) {
#if defined(__x86_64__)
  if (sk_level() == SK_AVX512 && __builtin_cpu_supports("avx512bf16")) return &level5_table;
#endif
  return NULL;
}

bool sk_multiplies_bf16(void) { return pairs_level() != NULL; }

const level_table *current_level(void) {
#if defined(__x86_64__)
  switch (sk_level()) {
  case SK_AVX512: return &level4_table;
  case SK_AVX2: return &level3_table;
  }
#endif
  return &level0_table;
}
