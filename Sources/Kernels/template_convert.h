// f16 and bf16 to f32 and back, 16 at a time.

INLINE v16 widen_bf16(half16 h) { return (v16)(__builtin_convertvector(h, u16x) << 16); }

#if LEVEL == 0
INLINE v16 widen_f16(half16 h) {
  u16x bits = __builtin_convertvector(h, u16x);
  u16x body = (bits & 0x7fff) << 13;
  u16x scaled = (u16x)((v16)body * 0x1p112f);  // also right for subnormals
  u16x special = (u16x)(body >= 0x0f800000);
  scaled = (special & (body | 0x7f800000)) | (~special & scaled);
  return (v16)(scaled | (bits & 0x8000) << 16);
}
INLINE uint16_t narrow_one_f16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  bits &= 0x7fffffff;
  if (bits > 0x7f800000) return sign | 0x7e00;
  if (bits >= 0x47800000) return sign | 0x7c00;
  if (bits < 0x38800000) {  // subnormal: let the adder round to a multiple of 2⁻²⁴
    float m;
    memcpy(&m, &bits, 4);
    m += 0.5f;
    memcpy(&bits, &m, 4);
    return sign | (uint16_t)(bits - 0x3f000000);
  }
  bits += 0xc8000fff + (bits >> 13 & 1);
  return sign | (uint16_t)(bits >> 13);
}
INLINE half16 narrow_f16(v16 x) {
  half16 h;
  for (int i = 0; i < 16; i++) h[i] = narrow_one_f16(x[i]);
  return h;
}
#else
typedef _Float16 float16x16 __attribute__((vector_size(32)));
INLINE v16 widen_f16(half16 h) { return __builtin_convertvector((float16x16)h, v16); }
INLINE half16 narrow_f16(v16 x) { return (half16) __builtin_convertvector(x, float16x16); }
#endif

INLINE half16 narrow_bf16(v16 x) {
  u16x bits = (u16x)x;
  u16x rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  u16x nan = (u16x)(x != x);
  return __builtin_convertvector((nan & (bits >> 16 | 0x40)) | (~nan & rounded), half16);
}

// `count` (1...16) elements from index `i` of stored numbers; zeros in the other lanes.
INLINE v16 load_stored(const void *p, sk_dtype type, int64_t i, int64_t count) {
  if (type == SK_F32) return load_some((const float *)p + i, count, 0);
  half16 h = {};
  memcpy(&h, (const uint16_t *)p + i, (size_t)count * 2);
  return type == SK_F16 ? widen_f16(h) : widen_bf16(h);
}

static void unpack_runs(float *out, const void *row, sk_dtype type, int64_t first, int64_t count);

static void to_f32(float *out, const void *x, sk_dtype type, int64_t count) {
  if (type == SK_F32) {
    memmove(out, x, (size_t)count * 4);
    return;
  }
  if (is_blocks(type)) {
    unpack_runs(out, x, type, 0, count / block_run);
    return;
  }
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) store(out + i, load_stored(x, type, i, 16));
  if (i < count) store_some(out + i, load_stored(x, type, i, count - i), count - i);
}

static void from_f32(void *out, sk_dtype type, const float *x, int64_t count) {
  if (type == SK_F32) {
    memmove(out, x, (size_t)count * 4);
    return;
  }
  for (int64_t i = 0; i < count; i += 16) {
    int64_t some = count - i < 16 ? count - i : 16;
    v16 v = load_some(x + i, some, 0);
    half16 h = type == SK_F16 ? narrow_f16(v) : narrow_bf16(v);
    memcpy((uint16_t *)out + i, &h, (size_t)some * 2);
  }
}
