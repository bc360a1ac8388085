// Numbers stored in blocks, as GGUF files have them: 32 or 256 small integers that share scales (and offsets) in f16.
// Whatever the block, 32 consecutive numbers of it are unpacked at a time, a run. Products and sums are rounded one by one
// in f32, in the order of the reference (`gguf.quants` in Python), so the values are its own to the bit, at every level.

typedef uint8_t byte16 __attribute__((vector_size(16)));
typedef int8_t signed16 __attribute__((vector_size(16)));

INLINE byte16 load_bytes(const uint8_t *p) {
  byte16 v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE v16 unsigned_numbers(byte16 b) {
  return __builtin_convertvector(__builtin_convertvector(b, i16x), v16);
}
INLINE v16 signed_numbers(byte16 b) {
  return __builtin_convertvector(__builtin_convertvector((signed16)b, i16x), v16);
}
INLINE float half_at(const uint8_t *p) {
  uint16_t bits;
  memcpy(&bits, p, sizeof bits);
  return widen_f16((half16){bits})[0];
}
// 32 bytes with bit i of `bits` at place `to`.
INLINE void spread_bits(byte16 out[2], const uint8_t *bits, uint8_t to) {
  const byte16 masks = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  for (int half = 0; half < 2; half++) {
    byte16 b = {};
    for (int i = 0; i < 16; i++) b[i] = bits[2 * half + i / 8];
    out[half] = (byte16)((b & masks) == masks) & to;
  }
}

// out[0..<16] from the low, out[16..<32] from the high four bits of 16 bytes.
INLINE void nibbles(byte16 out[2], const uint8_t *p) {
  byte16 b = load_bytes(p);
  out[0] = b & 15;
  out[1] = b >> 4;
}

INLINE void unpack_q4_0(float *out, const uint8_t *b, int run) {
  (void)run;
  byte16 q[2];
  nibbles(q, b + 2);
  float d = half_at(b);
  for (int i = 0; i < 2; i++) store(out + 16 * i, signed_numbers(q[i] - 8) * d);
}

INLINE void unpack_q4_1(float *out, const uint8_t *b, int run) {
  (void)run;
  byte16 q[2];
  nibbles(q, b + 4);
  float d = half_at(b), least = half_at(b + 2);
  for (int i = 0; i < 2; i++) store(out + 16 * i, unsigned_numbers(q[i]) * d + least);
}

INLINE void unpack_q5_0(float *out, const uint8_t *b, int run) {
  (void)run;
  byte16 q[2], high[2];
  spread_bits(high, b + 2, 16);
  nibbles(q, b + 6);
  float d = half_at(b);
  for (int i = 0; i < 2; i++) store(out + 16 * i, signed_numbers((q[i] | high[i]) - 16) * d);
}

INLINE void unpack_q5_1(float *out, const uint8_t *b, int run) {
  (void)run;
  byte16 q[2], high[2];
  spread_bits(high, b + 4, 16);
  nibbles(q, b + 8);
  float d = half_at(b), least = half_at(b + 2);
  for (int i = 0; i < 2; i++) store(out + 16 * i, unsigned_numbers(q[i] | high[i]) * d + least);
}

INLINE void unpack_q8_0(float *out, const uint8_t *b, int run) {
  (void)run;
  float d = half_at(b);
  for (int i = 0; i < 2; i++) store(out + 16 * i, signed_numbers(load_bytes(b + 2 + 16 * i)) * d);
}

// 16 scales and offsets of four bits, 256 numbers of two bits, d, dmin.
INLINE void unpack_q2_k(float *out, const uint8_t *b, int run) {
  float d = half_at(b + 80), least = half_at(b + 82);
  const uint8_t *q = b + 16 + run / 4 * 32;
  for (int i = 0; i < 2; i++) {
    uint8_t scale = b[2 * run + i];
    float by = d * (float)(scale & 15), minus = least * (float)(scale >> 4);
    store(out + 16 * i, unsigned_numbers(load_bytes(q + 16 * i) >> (uint8_t)(2 * (run & 3)) & 3) * by - minus);
  }
}

// High bits of 256 numbers, their two low bits, 16 scales of six bits, d.
INLINE void unpack_q3_k(float *out, const uint8_t *b, int run) {
  float d = half_at(b + 108);
  const uint8_t *q = b + 32 + run / 4 * 32, *scales = b + 96;
  for (int i = 0; i < 2; i++) {
    int s = 2 * run + i;
    int low = s < 8 ? scales[s] & 15 : scales[s - 8] >> 4, high = scales[8 + (s & 3)] >> (2 * (s / 4)) & 3;
    byte16 bits = load_bytes(q + 16 * i) >> (uint8_t)(2 * (run & 3)) & 3;
    byte16 set = load_bytes(b + 16 * i) >> (uint8_t)run & 1;  // not set: 4 less
    store(out + 16 * i, signed_numbers(bits + (set << 2) - 4) * (d * (float)((low | high << 4) - 32)));
  }
}

// Scale and offset number `run` of 8, six bits each.
INLINE void scale_of_run(const uint8_t *scales, int run, float *scale, float *least) {
  if (run < 4) {
    *scale = (float)(scales[run] & 63);
    *least = (float)(scales[run + 4] & 63);
  } else {
    *scale = (float)((scales[run + 4] & 15) | scales[run - 4] >> 6 << 4);
    *least = (float)(scales[run + 4] >> 4 | scales[run] >> 6 << 4);
  }
}

// d, dmin, scales, 256 numbers of four bits.
INLINE void unpack_q4_k(float *out, const uint8_t *b, int run) {
  float scale, least;
  scale_of_run(b + 4, run, &scale, &least);
  float by = half_at(b) * scale, minus = half_at(b + 2) * least;
  const uint8_t *q = b + 16 + run / 2 * 32;
  for (int i = 0; i < 2; i++) {
    byte16 bits = load_bytes(q + 16 * i) >> (uint8_t)(4 * (run & 1)) & 15;
    store(out + 16 * i, unsigned_numbers(bits) * by - minus);
  }
}

// d, dmin, scales, high bits, 256 numbers of four bits.
INLINE void unpack_q5_k(float *out, const uint8_t *b, int run) {
  float scale, least;
  scale_of_run(b + 4, run, &scale, &least);
  float by = half_at(b) * scale, minus = half_at(b + 2) * least;
  const uint8_t *q = b + 48 + run / 2 * 32;
  for (int i = 0; i < 2; i++) {
    byte16 bits = load_bytes(q + 16 * i) >> (uint8_t)(4 * (run & 1)) & 15;
    byte16 high = load_bytes(b + 16 + 16 * i) >> (uint8_t)run & 1;
    store(out + 16 * i, unsigned_numbers(bits | high << 4) * by - minus);
  }
}

// Four low bits, two high bits, 16 scales of eight bits, d.
INLINE void unpack_q6_k(float *out, const uint8_t *b, int run) {
  float d = half_at(b + 208);
  const uint8_t *low = b + run / 4 * 64 + (run & 1) * 32, *high = b + 128 + run / 4 * 32;
  for (int i = 0; i < 2; i++) {
    byte16 bits = load_bytes(low + 16 * i) >> (uint8_t)(4 * (run >> 1 & 1)) & 15;
    byte16 top = load_bytes(high + 16 * i) >> (uint8_t)(2 * (run & 3)) & 3;
    float by = d * (float)(int8_t)b[192 + 2 * run + i];
    store(out + 16 * i, signed_numbers((bits | top << 4) - 32) * by);
  }
}

// `count` runs of a row from run number `first` on.
static void unpack_runs(float *out, const void *row, sk_dtype type, int64_t first, int64_t count) {
  const uint8_t *start = row;
#define UNPACK(name, runs, bytes)                                                                                       \
  for (int64_t i = 0; i < count; i++)                                                                                   \
    unpack_##name(out + block_run * i, start + (first + i) / (runs) * (bytes), (int)((first + i) % (runs)));            \
  break;
  switch (type) {
  case SK_Q4_0: UNPACK(q4_0, 1, 18)
  case SK_Q4_1: UNPACK(q4_1, 1, 20)
  case SK_Q5_0: UNPACK(q5_0, 1, 22)
  case SK_Q5_1: UNPACK(q5_1, 1, 24)
  case SK_Q8_0: UNPACK(q8_0, 1, 34)
  case SK_Q2_K: UNPACK(q2_k, 8, 84)
  case SK_Q3_K: UNPACK(q3_k, 8, 110)
  case SK_Q4_K: UNPACK(q4_k, 8, 144)
  case SK_Q5_K: UNPACK(q5_k, 8, 176)
  case SK_Q6_K: UNPACK(q6_k, 8, 210)
  case SK_F32:
  case SK_F16:
  case SK_BF16: break;
  }
#undef UNPACK
}
