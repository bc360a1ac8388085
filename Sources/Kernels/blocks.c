// What blocks of stored numbers hold and take.
#include "kernels.h"

int64_t sk_block_count(sk_dtype type) { return type < SK_Q4_0 ? 1 : type < SK_Q2_K ? 32 : 256; }

int64_t sk_block_bytes(sk_dtype type) {
  switch (type) {
  case SK_F32: return 4;
  case SK_F16:
  case SK_BF16: return 2;
  case SK_Q4_0: return 18;
  case SK_Q4_1: return 20;
  case SK_Q5_0: return 22;
  case SK_Q5_1: return 24;
  case SK_Q8_0: return 34;
  case SK_Q2_K: return 84;
  case SK_Q3_K: return 110;
  case SK_Q4_K: return 144;
  case SK_Q5_K: return 176;
  case SK_Q6_K: return 210;
  }
  return 0;
}
