#ifndef STEERSH_EMBEDDED_H
#define STEERSH_EMBEDDED_H
#include <stddef.h>

/// One file compiled into the program.
typedef struct {
  const char *folder; // "stdlib" or "minivlm"
  const char *name;
  const unsigned char *bytes;
  size_t count;
} steersh_embedded_file;

/// The embedded files; `count` receives how many there are.
const steersh_embedded_file *steersh_embedded_files(size_t *count);
#endif
