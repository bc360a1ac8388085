#define _GNU_SOURCE
#include "steer_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WARN_AT = 3, READING_TIME = 500, INTERRUPTED_STATUS = 130 };

static atomic_int interrupts;
// When the warning was written; 0 for not yet.
static atomic_long warned;
static atomic_int resized;
static atomic_int continued;
// Whether a SIGCONT is still to come for a stop that on_stop reports itself.
static atomic_int expected;

static _Atomic(void (*)(void *)) hook;
static _Atomic(void *) hook_context;

// A byte goes into this pipe with every signal, so that a wait for a key ends whichever thread the signal reached.
static int wake[2] = {-1, -1};

static void wake_reader(void) {
  ssize_t ignored = write(wake[1], "", 1);
  (void)ignored;
}

// What the handler needs to know of the chunk that runs; never changed once published.
struct running {
  char *warning;
  char *path;
  char *session;
};
static _Atomic(struct running *) running;

static void write_text(int descriptor, const char *text) { (void)steer_write(descriptor, text, strlen(text)); }

static void save_session(const struct running *chunk) {
  if (!chunk->path || !chunk->session) return;
  int descriptor = open(chunk->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return;
  write_text(descriptor, chunk->session);
  close(descriptor);
}

// Counts one and tells whoever evaluates.
static int count_interrupt(void) {
  int count = atomic_fetch_add(&interrupts, 1) + 1;
  void (*function)(void *) = atomic_load(&hook);
  if (function) function(atomic_load(&hook_context));
  return count;
}

static long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000 + 1;
}

static void on_interrupt(int number) {
  (void)number;
  int before = errno;
  int count = count_interrupt();
  const struct running *chunk = atomic_load(&running);
  if (chunk && count >= WARN_AT) {
    // Nothing ends without having been told so first, long enough ago to be read: a key held down repeats.
    long told = atomic_load(&warned);
    if (!told) {
      atomic_store(&warned, milliseconds());
      write_text(STDERR_FILENO, chunk->warning);
    } else if (milliseconds() - told >= READING_TIME) {
      save_session(chunk);
      steer_terminal_restore();
      _exit(INTERRUPTED_STATUS);
    }
  }
  wake_reader();
  errno = before;
}

static void on_resize(int number) {
  (void)number;
  int before = errno;
  atomic_store(&resized, 1);
  wake_reader();
  errno = before;
}

static void on_continue(int number) {
  (void)number;
  // It may reach another thread after the prompt was drawn again: drawing once more would put a second one beside it.
  if (atomic_exchange(&expected, 0)) return;
  int before = errno;
  atomic_store(&continued, 1);
  wake_reader();
  errno = before;
}

// Gives the terminal back, then lets the signal do what it does by default.
static void on_end(int number) {
  steer_terminal_restore();
  signal(number, SIG_DFL);
  raise(number);
}

static void on_stop(int number) {
  int before = errno;
  steer_terminal_restore();
  struct sigaction action;
  struct sigaction ours;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  sigaction(number, &action, &ours);
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, number);
  atomic_store(&expected, 1);
  raise(number);
  pthread_sigmask(SIG_UNBLOCK, &stop, NULL);  // stops here until SIGCONT
  pthread_sigmask(SIG_BLOCK, &stop, NULL);
  sigaction(number, &ours, NULL);
  atomic_store(&continued, 1);
  wake_reader();
  errno = before;
}

static const int faults[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
enum { FAULTS = sizeof faults / sizeof faults[0] };
static struct sigaction before_fault[FAULTS];

// Returning runs the faulting instruction again, this time under the handler there was before.
static void on_fault(int number) {
  steer_terminal_restore();
  for (int index = 0; index < FAULTS; index++)
    if (faults[index] == number) sigaction(number, &before_fault[index], NULL);
}

static void install(int number, void (*handler)(int), int flags, struct sigaction *old) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(number, &action, old);
}

void steer_signals_install(int interactive) {
  if (wake[0] < 0 && pipe2(wake, O_CLOEXEC | O_NONBLOCK)) wake[0] = wake[1] = -1;
  // Evaluation polls the counter; system calls it makes are not to fail for it.
  install(SIGINT, on_interrupt, SA_RESTART, NULL);
  // A reader that went away is an error of write, with which we end; gnuplot going away is an error of the plot.
  install(SIGPIPE, SIG_IGN, 0, NULL);
  if (!interactive) return;
  install(SIGWINCH, on_resize, SA_RESTART, NULL);
  install(SIGCONT, on_continue, SA_RESTART, NULL);
  install(SIGTSTP, on_stop, SA_RESTART, NULL);
  install(SIGTERM, on_end, 0, NULL);
  install(SIGHUP, on_end, 0, NULL);
  for (int index = 0; index < FAULTS; index++) install(faults[index], on_fault, SA_ONSTACK, &before_fault[index]);
}

void steer_signals_pause(int paused) {
  install(SIGINT, paused ? SIG_IGN : on_interrupt, SA_RESTART, NULL);
  install(SIGQUIT, paused ? SIG_IGN : SIG_DFL, 0, NULL);
}

int32_t steer_interrupts(void) { return atomic_load_explicit(&interrupts, memory_order_relaxed); }

void steer_interrupts_clear(void) {
  atomic_store(&interrupts, 0);
  atomic_store(&warned, 0);
}

void steer_interrupts_hook(void (*function)(void *), void *context) {
  atomic_store(&hook_context, context);
  atomic_store(&hook, function);
}

void steer_interrupts_prepare(const char *warning, const char *path, const char *session) {
  struct running *fresh = NULL;
  if (warning) {
    fresh = calloc(1, sizeof *fresh);
    if (!fresh) return;
    fresh->warning = strdup(warning);
    fresh->path = path ? strdup(path) : NULL;
    fresh->session = session ? strdup(session) : NULL;
  }
  // A handler on another thread may still read the one just replaced; it is freed with the next.
  static struct running *replaced;
  if (replaced) {
    free(replaced->warning);
    free(replaced->path);
    free(replaced->session);
    free(replaced);
  }
  replaced = atomic_exchange(&running, fresh);
}

int steer_take_resize(void) { return atomic_exchange(&resized, 0); }

int steer_take_continue(void) { return atomic_exchange(&continued, 0); }

static unsigned char keys[4096];
static size_t next_key;
static size_t last_key;

enum { CTRL_C = 3 };

void steer_keys_interrupt(void) {
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  if (next_key == last_key) next_key = last_key = 0;
  if (last_key < sizeof keys && poll(&input, 1, 0) > 0 && (input.revents & POLLIN)) {
    ssize_t count = read(STDIN_FILENO, keys + last_key, sizeof keys - last_key);
    if (count > 0) last_key += (size_t)count;
  }
  for (size_t index = last_key; index > next_key; index--) {
    if (keys[index - 1] != CTRL_C) continue;
    next_key = index;
    count_interrupt();
    return;
  }
}

int steer_key_waits(void) {
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  return next_key < last_key || poll(&input, 1, 0) > 0;
}

int steer_read_key(int milliseconds) {
  for (;;) {
    if (steer_interrupts() > 0) return STEER_KEY_INTERRUPT;
    if (steer_take_continue()) return STEER_KEY_CONTINUE;
    if (steer_take_resize()) return STEER_KEY_RESIZE;
    if (next_key < last_key) return keys[next_key++];
    struct pollfd inputs[] = {{STDIN_FILENO, POLLIN, 0}, {wake[0], POLLIN, 0}};
    int ready = poll(inputs, 2, milliseconds);
    if (ready == 0) return STEER_KEY_NONE;
    if (ready < 0 && errno != EINTR) return STEER_KEY_END;
    if (ready < 0) continue;
    if (inputs[1].revents & POLLIN) {
      char drained[64];
      while (read(wake[0], drained, sizeof drained) > 0) continue;
      continue;
    }
    ssize_t count = read(STDIN_FILENO, keys, sizeof keys);
    if (count > 0) {
      next_key = 1;
      last_key = (size_t)count;
      return keys[0];
    }
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return STEER_KEY_END;
  }
}
