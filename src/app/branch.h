/* A branch: the guest is run again along a schedule to before a step, where another task is chosen. */
#ifndef LOCKSTEP_APP_BRANCH_H
#define LOCKSTEP_APP_BRANCH_H

#include "conductor/conductor.h"
#include "history/history.h"

struct branch;

/* `expected`: the run to go along, whose events must come again up to the branch (borrowed); NULL: the run's own default.
 * Before step `step` (from 1) the task named `task` ("P1.T2") is chosen. STATUS_USAGE: there is no such step, or that
 * task could not be chosen there; the message says who could. */
enum status branch_new(struct history *expected, uint32_t step, const char *task, struct branch **, struct message *);
void branch_free(struct branch *); /* NULL is fine */

/* The schedule to start with: that of the expected run up to the branch, else `own`. Borrowed. */
const char *branch_schedule(const struct branch *, const char *own);

/* The next event has come. STATUS_DIVERGED, with where and how, when another one was expected before the branch. */
enum status branch_compare(struct branch *, const struct event *, struct message *);

/* Whom to choose for the next step: 0 while the schedule goes on or after the branch, the task at the branch.
 * STATUS_USAGE where it cannot be chosen. */
enum status branch_choose(struct branch *, struct history *, struct conductor *, uint32_t *task, struct message *);

#endif
