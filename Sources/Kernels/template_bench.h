// What this machine can do at most, at this level.

enum { chains = LEVEL == 4 ? 24 : 12 };

static void peak(int64_t rounds) {
  vn acc[chains];
  for (int c = 0; c < chains; c++) acc[c] = (float)c - (vn){};
  vn a = 0.999f - (vn){}, b = 1e-6f - (vn){};
  for (int64_t i = 0; i < rounds; i++)
    _Pragma("unroll") for (int c = 0; c < chains; c++) {
      acc[c] = FMA(acc[c], a, b);
      __asm__ volatile("" : "+v"(acc[c]));
    }
  vn total = {};
  for (int c = 0; c < chains; c++) total += acc[c];
  __asm__ volatile("" ::"v"(total));
}

static float read_lines(const void *bytes, int64_t lines) {
  v16 total[4] = {};
  const float *p = bytes;
  int64_t i = 0;
  for (; i + 4 <= lines; i += 4)
    for (int c = 0; c < 4; c++) total[c] += load(p + 16 * (i + c));
  for (; i < lines; i++) total[0] += load(p + 16 * i);
  return sum(total[0] + total[1] + total[2] + total[3]);
}
