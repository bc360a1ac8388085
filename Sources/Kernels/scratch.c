#include "pieces.h"

float *scratch(int64_t count) {
  static _Thread_local float *memory;
  static _Thread_local int64_t capacity;
  if (count > capacity) {
    free(memory);
    capacity = count + count / 4 + 1024;
    memory = floats(capacity);
  }
  return memory;
}
