#define _GNU_SOURCE
#include "steer_editor.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(STEER_NORMAL == CC_NORM && STEER_END_OF_FILE == CC_EOF && STEER_REFRESH == CC_REFRESH &&
                   STEER_BEEP == CC_REFRESH_BEEP,
               "command results are histedit.h's");

enum { PROMPT_ESCAPE = '\001' };

steer_editor *steer_editor_open(const char *program) {
  steer_editor *editor = el_init(program, stdin, stdout, stderr);
  if (!editor) return NULL;
  el_set(editor, EL_EDITOR, "emacs");
  // libedit's own handler sends every signal on to the whole process group.
  el_set(editor, EL_SIGNAL, 0);
  // Ctrl-C and Ctrl-Z are keys here: as signals they would throw away what is on its way to the screen.
  el_set(editor, EL_SETTY, "-d", "-isig", NULL);
  // What is typed while a chunk runs waits, unseen: as steer_terminal_busy, but from the very end of the edit.
  el_set(editor, EL_SETTY, "-x", "-echo", "-icanon", NULL);
  return editor;
}

void steer_editor_close(steer_editor *editor) { el_end(editor); }

void steer_editor_set_context(steer_editor *editor, void *context) { el_set(editor, EL_CLIENTDATA, context); }

void *steer_editor_context(steer_editor *editor) {
  void *context = NULL;
  el_get(editor, EL_CLIENTDATA, &context);
  return context;
}

int steer_editor_set_prompt(steer_editor *editor, steer_prompt_function function) {
  return el_set(editor, EL_PROMPT_ESC, function, PROMPT_ESCAPE);
}

int steer_editor_set_keys(steer_editor *editor, steer_key_function function) {
  return el_set(editor, EL_GETCFN, function);
}

int steer_editor_add_command(steer_editor *editor, const char *name, steer_command_function function) {
  return el_set(editor, EL_ADDFN, name, name, function);
}

int steer_editor_bind(steer_editor *editor, const char *keys, const char *command) {
  return el_set(editor, EL_BIND, keys, command, NULL);
}

const char *steer_editor_read(steer_editor *editor, int *length) { return el_gets(editor, length); }

void steer_editor_push(steer_editor *editor, const char *keys) { el_push(editor, keys); }

const wchar_t *steer_editor_line(steer_editor *editor, int *cursor, int *length) {
  const LineInfoW *line = el_wline(editor);
  *cursor = (int)(line->cursor - line->buffer);
  *length = (int)(line->lastchar - line->buffer);
  return line->buffer;
}

int steer_editor_insert(steer_editor *editor, const wchar_t *text) { return el_winsertstr(editor, text); }

int steer_editor_replace(steer_editor *editor, const wchar_t *text) { return el_wreplacestr(editor, text); }

void steer_editor_delete_back(steer_editor *editor, int count) { el_deletestr(editor, count); }

void steer_editor_move(steer_editor *editor, int distance) { el_cursor(editor, distance); }

int steer_editor_refresh(steer_editor *editor) { return el_set(editor, EL_REFRESH); }

void steer_editor_resize(steer_editor *editor) { el_resize(editor); }

int steer_editor_prepare(steer_editor *editor, int on) { return el_set(editor, EL_PREP_TERM, on); }
