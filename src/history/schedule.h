/* A schedule: the choices made at the points where two or more tasks were enabled, each the index of the chosen one in
 * the order of names. Its text is run-length coded: "0x40.2.1" is index 0 forty times, then 2, then 1; "" is no choice. */
#ifndef LOCKSTEP_HISTORY_SCHEDULE_H
#define LOCKSTEP_HISTORY_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SCHEDULE_INDEX_MAX 65535u       /* largest index */
#define SCHEDULE_LENGTH_MAX 1000000000u /* choices of a schedule */

struct schedule_run {
    uint32_t index;
    uint32_t times; /* at least 1 */
};

/* All zero is the empty schedule. */
struct schedule {
    struct schedule_run *runs; /* owned */
    size_t run_count, capacity;
    uint32_t length; /* choices in all */
    size_t at;       /* the run that the next choice comes from */
    uint32_t used;   /* choices taken of that run */
    uint32_t taken;  /* choices taken in all */
};

void schedule_clear(struct schedule *); /* frees; the empty schedule again */

/* Adds a choice at the end. STATUS_OK, STATUS_LIMIT (index or length too large), STATUS_MEMORY. */
enum status schedule_add(struct schedule *, uint32_t index);

/* Reads a schedule's text; replaces what `schedule` held (which must be initialised). On STATUS_INVALID the message
 * names the column and what is wrong there, and `schedule` is empty. STATUS_MEMORY. */
enum status schedule_parse(const char *text, struct schedule *, struct message *);

/* The text; free(3) it. NULL: out of memory. */
char *schedule_text(const struct schedule *);

/* The next choice at a point with `enabled` (two or more) tasks, into `*index`. STATUS_OK; STATUS_ENDED when all choices
 * have been taken; STATUS_INVALID when the choice is not below `enabled` (message: which choice of how many). */
enum status schedule_next(struct schedule *, uint32_t enabled, uint32_t *index, struct message *);

void schedule_rewind(struct schedule *); /* the next choice is the first again */

#endif
