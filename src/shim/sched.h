/* Priorities and processors as the shim's files share them: the model's own, remembered here. */
#ifndef LOCKSTEP_SHIM_SCHED_H
#define LOCKSTEP_SHIM_SCHED_H

#include "shim/shim.h"

/* A forked child has what its parent had: from the parent's slot to its own. */
void sched_after_fork(uint32_t parent, uint32_t child);

/* For pthread_create: attributes that ask for a policy and priority of the kernel's (PTHREAD_EXPLICIT_SCHED), which
 * the kernel would refuse a user, become ones that inherit: returns `copy` then, else `given`. `copy` shares what
 * `given` holds: it is not to be destroyed. */
const pthread_attr_t *sched_attributes(const pthread_attr_t *given, pthread_attr_t *copy);
/* For pthread_create, afterwards: the new task in `slot` has what its attributes ask for, else its creator's. */
void sched_thread_created(const pthread_attr_t *given, uint32_t slot);

#endif
