// libedit's edit buffer, key dispatcher and renderer, one function per operation: el_set and el_get are variadic and
// take stdio streams, neither of which Swift can call.
#ifndef STEER_EDITOR_H
#define STEER_EDITOR_H
#include <stddef.h>
#include <wchar.h>

typedef struct editline steer_editor;
typedef char *(*steer_prompt_function)(steer_editor *);
typedef unsigned char (*steer_command_function)(steer_editor *, int);
typedef int (*steer_key_function)(steer_editor *, wchar_t *);

// What a command answers; the values of histedit.h's CC_ macros.
enum {
  STEER_NORMAL = 0,
  STEER_END_OF_FILE = 2,
  STEER_REFRESH = 4,
  STEER_BEEP = 9,
};

// Null when the terminal cannot be set up.
steer_editor *steer_editor_open(const char *program);
void steer_editor_close(steer_editor *);
// What callbacks find again.
void steer_editor_set_context(steer_editor *, void *context);
void *steer_editor_context(steer_editor *);

// Escape sequences in the prompt stand between two \001.
int steer_editor_set_prompt(steer_editor *, steer_prompt_function);
int steer_editor_set_keys(steer_editor *, steer_key_function);
int steer_editor_add_command(steer_editor *, const char *name, steer_command_function);
// `keys` in libedit's notation: "\\e[A", "^R".
int steer_editor_bind(steer_editor *, const char *keys, const char *command);

// Edits one chunk; null on end of input, on an error and when the key function answered -1.
const char *steer_editor_read(steer_editor *, int *length);
// Reads `keys` as if typed next.
void steer_editor_push(steer_editor *, const char *keys);

// The chunk as typed so far, in Unicode scalars.
const wchar_t *steer_editor_line(steer_editor *, int *cursor, int *length);
int steer_editor_insert(steer_editor *, const wchar_t *text);
int steer_editor_replace(steer_editor *, const wchar_t *text);
void steer_editor_delete_back(steer_editor *, int count);
void steer_editor_move(steer_editor *, int distance);

// Draws everything again from where the terminal's cursor is.
int steer_editor_refresh(steer_editor *);
void steer_editor_resize(steer_editor *);
// Enters (1) or leaves (0) libedit's terminal mode.
int steer_editor_prepare(steer_editor *, int on);

#endif
