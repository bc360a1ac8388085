#define _GNU_SOURCE
#include "steer_terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int steer_locale(void) {
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") == 0) return 1;
  setlocale(LC_CTYPE, "C.UTF-8");
  return 0;
}

int steer_columns(wchar_t scalar) { return wcwidth(scalar); }

int steer_terminal_size(int descriptor, int *rows, int *columns) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) || size.ws_col == 0 || size.ws_row == 0) return -1;
  *rows = size.ws_row;
  *columns = size.ws_col;
  return 0;
}

int steer_write(int descriptor, const void *bytes, size_t count) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t written = write(descriptor, next, count);
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    next += written;
    count -= (size_t)written;
  }
  return 0;
}

int steer_write_terminal(const char *bytes, size_t count) {
  fflush(stdout);
  return steer_write(STDOUT_FILENO, bytes, count);
}

static struct termios found;
static volatile int kept = 0;

void steer_terminal_keep(void) {
  if (kept || tcgetattr(STDIN_FILENO, &found)) return;
  kept = 1;
  atexit(steer_terminal_restore);
}

// Called by signal handlers too: nothing but calls that are safe there.
void steer_terminal_restore(void) {
  static const char plain[] = "\033[?2004l\033[?25h\033[0m";
  if (!kept) return;
  int before = errno;
  tcsetattr(STDIN_FILENO, TCSANOW, &found);
  steer_write(STDOUT_FILENO, plain, sizeof plain - 1);
  errno = before;
}

void steer_terminal_busy(void) {
  if (!kept) return;
  // Without ICANON libedit does not take these for the user's own settings, and a Ctrl-D typed ahead stays a key.
  struct termios busy = found;
  busy.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  busy.c_lflag |= ISIG;
  busy.c_cc[VMIN] = 1;
  busy.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSANOW, &busy);
  steer_keys_interrupt();
}
