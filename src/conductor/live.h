/* Live mode's half in lockstep: the guest is not held; what its tasks report in their rings (protocol/live.h) becomes
 * events of the same kinds as in held mode, in an order in which it can have happened, with the time that really passed.
 * A task is `running` from its first word, `blocked` when it said so (or sleeps in a call that may last), and never
 * granted: the EVENT_GRANTED of a live run has no choice in it. Such a run cannot be repeated and is marked so. */
#ifndef LOCKSTEP_CONDUCTOR_LIVE_H
#define LOCKSTEP_CONDUCTOR_LIVE_H

#include "base/status.h"

#include <stdbool.h>

struct conductor;

/* Makes the rings in the run's folder; before the guest is started. STATUS_ENVIRONMENT with a message. */
enum status live_prepare(struct conductor *conductor, struct message *message);

/* Returns when the guest's first image has said hello; as first_gate() of held mode. */
enum status live_first(struct conductor *conductor, struct message *message);

/* Waits for news (at most about 10 ms) and tells them. STATUS_OK; STATUS_ENDED or STATUS_LIMIT: the run is over and
 * EVENT_END has been told, as conductor_step(). */
enum status live_step(struct conductor *conductor, struct message *message);

/* May be called when live_prepare() was not. */
void live_free(struct conductor *conductor);

/* Records read, and records known to be lost (a task was killed while it wrote one). For tests and the bench. */
unsigned long live_records(const struct conductor *conductor);
unsigned long live_lost(const struct conductor *conductor);

#endif
