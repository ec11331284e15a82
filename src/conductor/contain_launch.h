/* The making of I, shared by contain.c (guests) and contain_probe.c (what the machine allows). */
#ifndef LOCKSTEP_CONDUCTOR_CONTAIN_LAUNCH_H
#define LOCKSTEP_CONDUCTOR_CONTAIN_LAUNCH_H

#include "conductor/init.h"

struct contain_launch {
    pid_t init;
    int pidfd;
    int leash, control, reports; /* F's ends */
    struct init_ready ready;
    int given[INIT_DESCRIPTORS]; /* in the order of ready.gives; -1 where none */
};

/* All -1 and 0: so nothing of an earlier attempt can be taken for this one's. */
void contain_launch_clear(struct contain_launch *launch);

/* Clones I into the namespaces of `flags` (CLONE_NEW*; 0 for none) and waits until it says that it is ready. `options`
 * is filled but for its descriptors. 0; or an errno with everything undone: where the system refuses the clone or the
 * map of user ids `*refused` is set, and fewer namespaces may do; else `launch->ready` tells the stage, if I did. */
int contain_launch(struct contain_launch *launch, struct init_options *options, unsigned long flags, bool *refused);

/* Waits for the end of I, up to `milliseconds`, and collects it. True if it is gone, and with it (in a process
 * namespace) all that it contained. */
bool contain_launch_wait(struct contain_launch *launch, int milliseconds);

/* Ends I by the leash, and by a signal if `by_signal`; waits as above. */
bool contain_launch_end(struct contain_launch *launch, bool by_signal, int milliseconds);

/* Closes all descriptors. */
void contain_launch_close(struct contain_launch *launch);

/* Receives a record with descriptors from I. Bytes, 0 at the end, -1 with errno (ETIMEDOUT after `milliseconds`).
 * `descriptors` gets up to INIT_DESCRIPTORS, the rest -1. */
long contain_launch_receive(struct contain_launch *launch, void *record, size_t size, int *descriptors,
                            int milliseconds);

#endif
