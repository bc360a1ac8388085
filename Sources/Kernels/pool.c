// One pool of threads for the whole process. Workers spin for a while after a region, since decoding opens the next one
// within microseconds, then sleep on a futex, so that a waiting prompt costs nothing.
#define _GNU_SOURCE
#include "kernels.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { most_threads = 256, spin_pauses = 20000, pieces_per_thread = 4 };

static struct {
  pthread_mutex_t region;  // held while a region runs or the pool changes size
  pthread_t threads[most_threads];
  atomic_int count;  // of threads, the caller included; 0 before the first use; changed under `region`, read anywhere
  int spin;
  bool stopping;
  // The region at hand. `open` is its generation while work may be left, 0 otherwise.
  sk_task task;
  void *context;
  int64_t items, piece;
  _Alignas(64) atomic_uint generation;
  _Alignas(64) atomic_uint open;
  _Alignas(64) atomic_int inside;
  _Alignas(64) atomic_llong next;
  _Alignas(64) atomic_int sleepers;
} pool = {.region = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local bool inside_region;

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  atomic_signal_fence(memory_order_seq_cst);
#endif
}

int sk_processors(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  int count = CPU_COUNT(&set);
  return count < 1 ? 1 : count > most_threads ? most_threads : count;
}

static void take_pieces(void) {
  for (;;) {
    int64_t begin = atomic_fetch_add_explicit(&pool.next, pool.piece, memory_order_relaxed);
    if (begin >= pool.items) return;
    int64_t end = begin + pool.piece;
    pool.task(pool.context, begin, end < pool.items ? end : pool.items);
  }
}

static void *worker(void *argument) {
  (void)argument;
  inside_region = true;
  unsigned seen = 0;
  for (int pauses = 0;;) {
    unsigned now = atomic_load_explicit(&pool.generation, memory_order_acquire);
    if (now == seen) {
      if (pauses < pool.spin) {
        pauses++;
        relax();
      } else {
        atomic_fetch_add(&pool.sleepers, 1);
        if (atomic_load(&pool.generation) == seen)
          syscall(SYS_futex, &pool.generation, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
        atomic_fetch_sub(&pool.sleepers, 1);
        pauses = 0;
      }
      continue;
    }
    seen = now;
    pauses = 0;
    if (pool.stopping) return NULL;
    // Enter first, then look whether the region is still open: its caller closes it first and then waits for those inside.
    atomic_fetch_add(&pool.inside, 1);
    if (atomic_load(&pool.open) == now) take_pieces();
    atomic_fetch_sub(&pool.inside, 1);
  }
}

static unsigned announce(void) {
  // 0 means "closed", so a wrapped generation skips it.
  unsigned next = atomic_load(&pool.generation) + 1;
  if (next == 0) next = 1;
  return next;
}

static void wake(unsigned generation) {
  atomic_store(&pool.generation, generation);
  if (atomic_load(&pool.sleepers) > 0) syscall(SYS_futex, &pool.generation, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void stop_workers(void) {
  pool.stopping = true;
  wake(announce());
  for (int i = 1; i < pool.count; i++) pthread_join(pool.threads[i], NULL);
  pool.stopping = false;
}

// A child of fork has no workers and may have inherited a locked pool.
static void forget_workers(void) {
  pthread_mutex_init(&pool.region, NULL);
  pool.count = 1;
  atomic_store(&pool.open, 0);
  atomic_store(&pool.inside, 0);
  atomic_store(&pool.sleepers, 0);
}

static void start_workers(int count) {
  static bool registered;
  if (!registered) registered = pthread_atfork(NULL, NULL, forget_workers) == 0;
  pool.spin = count > sk_processors() ? 0 : spin_pauses;
  atomic_store(&pool.generation, 0);
  int started = 1;
  while (started < count && pthread_create(&pool.threads[started], NULL, worker, NULL) == 0) started++;
  pool.count = started;
}

static int initial_threads(void) {
  const char *text = getenv("STEERSH_THREADS");
  long wanted = text ? strtol(text, NULL, 10) : 0;
  if (wanted < 1) return sk_processors();
  return wanted > most_threads ? most_threads : (int)wanted;
}

int sk_threads(void) {
  if (pool.count > 0) return pool.count;
  pthread_mutex_lock(&pool.region);
  if (pool.count == 0) start_workers(initial_threads());
  int count = pool.count;
  pthread_mutex_unlock(&pool.region);
  return count;
}

void sk_set_threads(int count) {
  if (inside_region) return;
  count = count < 1 ? 1 : count > most_threads ? most_threads : count;
  pthread_mutex_lock(&pool.region);
  if (pool.count != count) {
    if (pool.count > 1) stop_workers();
    start_workers(count);
  }
  pthread_mutex_unlock(&pool.region);
}

void sk_parallel(sk_task task, void *context, int64_t count, int64_t grain) {
  if (count <= 0) return;
  if (grain < 1) grain = 1;
  if (inside_region || count <= grain || pthread_mutex_trylock(&pool.region) != 0) {
    task(context, 0, count);
    return;
  }
  if (pool.count == 0) start_workers(initial_threads());
  if (pool.count == 1) {
    pthread_mutex_unlock(&pool.region);
    task(context, 0, count);
    return;
  }
  int64_t pieces = (int64_t)pool.count * pieces_per_thread;
  int64_t piece = (count + pieces - 1) / pieces;
  pool.piece = piece > grain ? piece : grain;
  pool.items = count;
  pool.task = task;
  pool.context = context;
  atomic_store(&pool.next, 0);
  unsigned generation = announce();
  atomic_store(&pool.open, generation);
  inside_region = true;
  wake(generation);
  take_pieces();
  inside_region = false;
  atomic_store(&pool.open, 0);
  for (int pauses = 0; atomic_load(&pool.inside) != 0; pauses++) {
    if (pauses < spin_pauses) {
      relax();
    } else {
      sched_yield();
    }
  }
  pthread_mutex_unlock(&pool.region);
}
