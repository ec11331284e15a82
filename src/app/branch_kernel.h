/* What the kernel has done by its own clock while nobody acted: it has sent again what is held, its timers have gone on, a
 * connection has left TIME_WAIT. How much of that there is depends on how long a person thought, so it is no part of what
 * a run must repeat. */
#ifndef LOCKSTEP_APP_BRANCH_KERNEL_H
#define LOCKSTEP_APP_BRANCH_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "world/event.h"

/* Of one run: the kernel's sockets as they were told last. {0} at first. */
struct branch_kernel {
    struct branch_socket *sockets; /* by number - 1; owned */
    size_t capacity;
};

/* Each event of a run, in its order. True: it tells of nothing else. */
bool branch_kernel_alone(struct branch_kernel *kernel, const struct event *event);
void branch_kernel_clear(struct branch_kernel *kernel);

#endif
