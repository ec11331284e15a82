/* A branch: the guest is run again along a schedule to before a step, where another task is chosen. */
#ifndef LOCKSTEP_APP_BRANCH_H
#define LOCKSTEP_APP_BRANCH_H

#include "conductor/conductor.h"
#include "history/history.h"

struct branch;

/* A choice as a text: "P1.T2", "packet 3" (delivered), "drop 3", "duplicate 3", "wake P1.T2"
 * (a spurious wake-up), "eintr P1.T2"; into out[24]. Returns out. */
const char *branch_choice_name(const struct world *, uint32_t choice, char out[24]);
/* And back; 0: there is none of that name. */
uint32_t branch_choice(const struct world *, const char *name);

/* `expected`: the run to go along, whose events must come again up to the branch (borrowed); NULL: the run's own default.
 * Before step `step` (from 1) the task named `task` ("P1.T2") is chosen; "": none, the run only goes along to there. STATUS_USAGE: the run
 * has no such step. */
enum status branch_new(struct history *expected, uint32_t step, const char *task, struct branch **, struct message *);
void branch_free(struct branch *); /* NULL is fine */

/* The schedule to start with: that of the expected run up to the branch, else `own`. Borrowed. */
const char *branch_schedule(const struct branch *, const char *own);

/* The next event has come. STATUS_DIVERGED, with where and how, when another one was expected before the branch. */
enum status branch_compare(struct branch *, const struct event *, struct message *);

/* Whom to choose for the next step: 0 while the schedule goes on and after the branch, the task at the branch.
 * STATUS_USAGE: there is no task of that name. */
enum status branch_choose(struct branch *, struct history *, uint32_t *task, struct message *);
/* The choice of the branch has been made (or tried). */
bool branch_taken(const struct branch *);
/* The task could not be chosen: a message that says who can. STATUS_USAGE. */
enum status branch_refused(const struct branch *, struct history *, struct conductor *, struct message *);
/* The run was over before the step came. STATUS_USAGE. */
enum status branch_missed(const struct branch *, struct history *, struct message *);

#endif
