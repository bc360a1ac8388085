// How the public entry points cut their work.
#ifndef STEERSH_PIECES_H
#define STEERSH_PIECES_H

#include "levels.h"

#include <stdlib.h>
#include <string.h>

// A piece smaller than this many elements is not worth a thread.
enum { worthwhile_elements = 1 << 14, worthwhile_products = 1 << 16 };

static inline int64_t ceiling(int64_t a, int64_t b) { return (a + b - 1) / b; }
static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t row_grain(int64_t width) { return larger(worthwhile_elements / larger(width, 1), 1); }

// Memory for `count` floats that the caller frees.
static inline float *floats(int64_t count) {
  float *memory = aligned_alloc(64, (size_t)ceiling(larger(count, 1) * 4, 64) * 64);
  if (!memory) abort();
  return memory;
}

// Scratch of this thread, kept from call to call.
float *scratch(int64_t count);

#endif
