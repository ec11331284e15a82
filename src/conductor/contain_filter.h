/* Where no process namespace protects the rest of the system: what a guest may not do, by a seccomp filter. */
#ifndef LOCKSTEP_CONDUCTOR_CONTAIN_FILTER_H
#define LOCKSTEP_CONDUCTOR_CONTAIN_FILTER_H

#include <sys/types.h>

/* Filters the calling process and all that it will ever start; cannot be undone, needs NO_NEW_PRIVS. kill(-1) fails
 * with EPERM (else a guest's kill(-1, SIGKILL) ends the person's whole session); a signal to `init` is taken and does
 * nothing, as it is for process 1 of a namespace; TIOCSTI fails with EPERM. Calls of the other word size (i386, arm)
 * are filtered for kill(-1) too. 0, or an errno. */
int contain_filter_install(pid_t init);

#endif
