/* For tests: a person in front of lockstep. lockstep of the build folder in a terminal (screen.h), its settings in a
 * folder of its own that is gone afterwards. */
#ifndef TESTS_TERMINAL_SITTING_H
#define TESTS_TERMINAL_SITTING_H

#include <stdbool.h>
#include <stddef.h>

#include "screen.h"

struct sitting_options {
    const char *const *arguments;   /* of lockstep; ends in NULL; --no-animation comes in front */
    const char *const *environment; /* as in struct screen_options; NULL none */
    unsigned columns, rows;         /* 0: 100 by 30 */
    bool animated;                  /* --no-animation is left out */
};

/* Never NULL. Ended by sitting_end. */
struct screen *sitting_start(const struct sitting_options *);
/* The same in few words: lockstep --no-animation play <scene>, at its first screen ("step 0"). */
struct screen *sitting_play(const char *scene, unsigned columns, unsigned rows);

/* Kills what is left, frees. NULL is fine. */
void sitting_end(struct screen *);
/* A teardown: ends those that a failed test has left. */
int sitting_end_rest(void **state);
#define sitting_test(function) cmocka_unit_test_teardown(function, sitting_end_rest)

/* All that was typed up to now has been done and shown: a key that does nothing is typed, and the answer to it awaited.
 * Fails the test if that does not come. Not while text is typed, nor on a screen that is too small. */
void sitting_settle(struct screen *);
/* Types and settles. */
void sitting_keys(struct screen *, const char *keys);
/* The bytes that a terminal (xterm) sends for a key of terminal/terminal_keys.h. Fails the test for one that it does not
 * know. */
void sitting_key_bytes(unsigned key, char out[16]);
/* What the first row says of the step; -1: nothing. */
long sitting_step(struct screen *);
/* How often the program was started, as :status tells. */
long sitting_starts(struct screen *);

/* All rows but the last, with all that is to be seen of the cells. Owned by the caller. */
char *sitting_picture(struct screen *);
/* The same without colours and attributes. */
char *sitting_text(struct screen *);
/* Fails the test, and prints the rows that differ. */
void sitting_must_equal(struct screen *, const char *picture, const char *where);

/* q until it is left; its exit status. The terminal must be as it was: fails the test otherwise. */
int sitting_leave(struct screen *);
/* After the end: cooked modes, no alternate screen, a cursor, no mouse. Fails the test otherwise. */
void sitting_must_be_restored(struct screen *);
/* Waits until no process is left that was started below lockstep: fails the test if that does not come. The screen must
 * have been started by this process. */
void sitting_must_leave_nobody(void);

/* The process that draws, child of screen_pid. */
int sitting_front(struct screen *);

/* The folder of settings (XDG_*_HOME are config, state, data, cache in it). */
const char *sitting_folder(void);
/* Writes a file in it, with the folders that it takes. */
void sitting_write(const char *path, const char *text);

/* <build>/<path>; static, two at a time. */
const char *sitting_built(const char *path);

#endif
