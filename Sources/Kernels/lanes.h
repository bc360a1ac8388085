// Vector types for the level templates. Row kernels work on 16 lanes at every level, whatever the registers are, so that
// their sums have one order.
#ifndef STEERSH_LANES_H
#define STEERSH_LANES_H

#include <math.h>
#include <string.h>

// All functions that pass these are inlined, so the calling convention of wide vectors does not matter.
#pragma clang diagnostic ignored "-Wpsabi"
// Where a fused multiply-add is meant it is written; elsewhere there is none, so that levels 3 and 4 agree to the bit.
#pragma clang fp contract(off)

typedef float v4 __attribute__((vector_size(16)));
typedef float v8 __attribute__((vector_size(32)));
typedef float v16 __attribute__((vector_size(64)));
typedef uint32_t u4x __attribute__((vector_size(16)));
typedef uint32_t u8x __attribute__((vector_size(32)));
typedef int32_t i16x __attribute__((vector_size(64)));
typedef uint32_t u16x __attribute__((vector_size(64)));
typedef uint16_t half16 __attribute__((vector_size(32)));
typedef uint16_t half8 __attribute__((vector_size(16)));

#define INLINE static inline __attribute__((always_inline))

#endif
