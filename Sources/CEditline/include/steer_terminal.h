// The terminal's modes and size, keys as bytes, and what a signal handler may do.
#ifndef STEER_TERMINAL_H
#define STEER_TERMINAL_H
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

// Chooses a UTF-8 character type, C.UTF-8 where the environment's is not. Returns 1 when the environment's was.
int steer_locale(void);
// Terminal columns of one scalar; negative for control characters.
int steer_columns(wchar_t scalar);
// Size of the terminal on `descriptor`; 0 on success.
int steer_terminal_size(int descriptor, int *rows, int *columns);

// Writes all of it. 0, or errno.
int steer_write(int descriptor, const void *bytes, size_t count);
// The same to standard output, after what libedit holds back.
int steer_write_terminal(const char *bytes, size_t count);

// Keeps the terminal as it is now, to be restored by every way out of the process.
void steer_terminal_keep(void);
// As found, for a child process; and at the end.
void steer_terminal_restore(void);
// While a chunk runs: keys typed ahead are kept and not echoed, Ctrl-C still interrupts.
void steer_terminal_busy(void);

// Signals: Ctrl-C counts, a new size and a continuation are noted.
void steer_signals_install(int interactive);
// SIGINT and SIGQUIT belong to a child while it runs.
void steer_signals_pause(int paused);
// Interrupts since the last steer_interrupts_clear.
int32_t steer_interrupts(void);
void steer_interrupts_clear(void);
// Called with every interrupt, from the handler: `function` may do what a handler may.
void steer_interrupts_hook(void (*function)(void *), void *context);
// What the third Ctrl-C writes, and what the fourth saves to `path` before it ends the process. The texts are copied;
// null for nothing.
void steer_interrupts_prepare(const char *warning, const char *path, const char *session);
int steer_take_resize(void);
int steer_take_continue(void);

// The next byte of standard input.
enum { STEER_KEY_END = -1, STEER_KEY_INTERRUPT = -2, STEER_KEY_RESIZE = -3, STEER_KEY_CONTINUE = -4, STEER_KEY_NONE = -5 };
// Waits `milliseconds`, for ever when negative. A byte, or one of the above.
int steer_read_key(int milliseconds);
// A Ctrl-C among the keys that wait, typed while it was a key, becomes an interrupt; keys before it are dropped.
void steer_keys_interrupt(void);
// 1 when a key waits to be read.
int steer_key_waits(void);

#endif
