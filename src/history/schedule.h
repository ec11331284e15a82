/* A schedule: the choices made at the points where two or more tasks were enabled, each the index of the chosen one in
 * the order of names. Its text is run-length coded: "0x40.2.1" is index 0 forty times, then 2, then 1; "" is no choice.
 * What was injected into tasks' steps follows, each with a number, that of the choice among all (those that were no
 * choice at all included, from 1): "0x40.2.1+17:spurious-wakeup:P1.T2+30:short-io:P1.main". */
#ifndef LOCKSTEP_HISTORY_SCHEDULE_H
#define LOCKSTEP_HISTORY_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "world/event.h"
#include "world/world.h"

#define SCHEDULE_INDEX_MAX 65535u       /* largest index */
#define SCHEDULE_LENGTH_MAX 1000000000u /* choices of a schedule */

struct schedule_run {
    uint32_t index;
    uint32_t times; /* at least 1 */
};

struct schedule_injection {
    uint32_t at;   /* the choice; 1 is the first */
    uint32_t kind; /* enum injection */
    char task[24]; /* its name */
};

/* All zero is the empty schedule. */
struct schedule {
    struct schedule_run *runs; /* owned */
    size_t run_count, capacity;
    uint32_t length; /* choices in all */
    size_t at;       /* the run that the next choice comes from */
    uint32_t used;   /* choices taken of that run */
    uint32_t taken;  /* choices taken in all */
    struct schedule_injection *injections; /* owned; ascending */
    size_t injection_count, injection_at;  /* all; those that are over */
    uint32_t events;                       /* choices that schedule_event has met */
};

void schedule_clear(struct schedule *); /* frees; the empty schedule again */

/* Adds a choice at the end. STATUS_OK, STATUS_LIMIT (index or length too large), STATUS_MEMORY. */
enum status schedule_add(struct schedule *, uint32_t index);

/* Adds what the event says of choices and injections, if it does; to be given each event of a run, with a world that
 * knows the names of its tasks. STATUS_OK, STATUS_MEMORY. */
enum status schedule_event(struct schedule *, const struct event *, const struct world *);

/* Reads a schedule's text; replaces what `schedule` held (which must be initialised). On STATUS_INVALID the message
 * names the column and what is wrong there, and `schedule` is empty. STATUS_MEMORY. */
enum status schedule_parse(const char *text, struct schedule *, struct message *);

/* The text; free(3) it. NULL: out of memory. */
char *schedule_text(const struct schedule *);

/* The next choice at a point with `enabled` (two or more) tasks, into `*index`. STATUS_OK; STATUS_ENDED when all choices
 * have been taken; STATUS_INVALID when the choice is not below `enabled` (message: which choice of how many). */
enum status schedule_next(struct schedule *, uint32_t enabled, uint32_t *index, struct message *);

/* What is injected at the choice `at` or is overdue; NULL: nothing. Borrowed. schedule_injected: it is over. */
const struct schedule_injection *schedule_injection(const struct schedule *, uint32_t at);
void schedule_injected(struct schedule *);

/* Whether there is nothing left, neither choices nor injections. */
bool schedule_is_over(const struct schedule *);

void schedule_rewind(struct schedule *); /* the next choice is the first again */

#endif
