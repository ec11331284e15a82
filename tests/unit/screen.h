/* For tests: a terminal with a program in it. A pseudo-terminal, a terminal emulator (libvterm) at its other end, and in
 * between a process that does what a shell does: the program is its job, is in the foreground, and may be stopped and
 * continued. Nothing here waits for a time to pass: what is awaited is awaited until it is there, the program has ended,
 * or half a minute was not enough (then the screen is printed to standard error). */
#ifndef TESTS_SCREEN_H
#define TESTS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

struct screen;

/* What the terminal says when it is asked where the cursor is after an ambiguous character such as U+2500. */
enum screen_answers { SCREEN_NARROW, SCREEN_WIDE, SCREEN_SILENT };

struct screen_options {
    unsigned columns, rows;       /* 0: 80 by 24 */
    const char *program;          /* a path; or NULL: child(context) is called, and its value is the exit status */
    const char *const *arguments; /* after the program's name; ends in NULL; NULL none */
    int (*child)(void *context);  /* in a process of its own, with the terminal on descriptors 0 to 2 */
    void *context;
    const char *const *environment; /* "NAME=value" sets, "NAME" unsets; ends in NULL; the rest is this process's, but
                                         TERM is xterm-256color, LANG C.UTF-8, and LC_*, LANGUAGE, COLUMNS, LINES, TMUX,
                                         STY, NO_COLOR, COLORFGBG are unset */
    enum screen_answers answers;
    const char *background; /* what it answers to OSC 11, "rgb:ffff/ffff/ffff"; NULL: nothing */
    const char *typed;      /* in the terminal's input before the program starts; NULL: nothing */
};

/* Never NULL: what cannot be had ends the test. */
struct screen *screen_start(const struct screen_options *);
/* Kills what is left, frees. May be NULL. */
void screen_end(struct screen *);

/* ---- the person ---- */
void screen_type(struct screen *, const char *keys);
void screen_send(struct screen *, const void *bytes, size_t length);
void screen_resize(struct screen *, unsigned columns, unsigned rows);
/* The terminal's end is closed. The last screen can still be looked at. */
void screen_hang_up(struct screen *);
void screen_signal(struct screen *, int number); /* to the program alone */
int screen_pid(const struct screen *);           /* the program's */

/* ---- waiting ---- */
/* Reads until holds(screen, context). False: it ended, or it took too long. */
bool screen_until(struct screen *, bool (*holds)(struct screen *, const void *context), const void *context);
/* Until the text is on some row, or on none. */
bool screen_until_text(struct screen *, const char *text);
bool screen_until_no_text(struct screen *, const char *text);
/* Until it has ended and all that it wrote was read. Its wait status (as of waitpid); -1: it took too long. */
int screen_until_ended(struct screen *);
/* Until the job is stopped (the signal, 0: it was not); then continued in the foreground, as with fg. */
int screen_until_stopped(struct screen *);
/* As far as was heard by the last wait. */
bool screen_has_ended(const struct screen *);
bool screen_has_stopped(const struct screen *);
void screen_continue(struct screen *);

/* ---- looking; strings are borrowed until the next call ---- */
unsigned screen_columns(const struct screen *);
unsigned screen_rows(const struct screen *);
/* A row without its trailing blanks. */
const char *screen_row(struct screen *, unsigned row);
/* The rows, each with a newline. */
const char *screen_text(struct screen *);
/* Where the text begins (first row, then first column). False: nowhere. Places may be NULL. */
bool screen_find(struct screen *, const char *text, unsigned *column, unsigned *row);

struct screen_cell {
    uint32_t code; /* 0: nothing was written there; the right half of a wide character has 0 and width 0 */
    int width;
    bool bold, reverse, underline, blink;
    int foreground, background; /* index of 256; -1: the terminal's own; -2: an RGB colour */
};
struct screen_cell screen_cell(struct screen *, unsigned column, unsigned row);
bool screen_is_alternate(const struct screen *);
/* Whether it is visible. */
bool screen_cursor(const struct screen *, unsigned *column, unsigned *row);
bool screen_wants_mouse(const struct screen *);
/* The modes of the pseudo-terminal. */
struct termios screen_modes(const struct screen *);
/* All bytes that the program has written so far. */
const char *screen_output(const struct screen *, size_t *length);

#endif
