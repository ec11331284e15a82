/* Virtual clocks as the shim's files share them. */
#ifndef LOCKSTEP_SHIM_CLOCK_H
#define LOCKSTEP_SHIM_CLOCK_H

#include "shim/shim.h"

#define CLOCK_SECOND INT64_C(1000000000)

/* Are clocks virtual for this process (whether or not this very call is a step)? */
static inline bool clock_is_virtual(void)
{
    return shim_process.gate && !shim_process.live && *shim_alive;
}

/* What clock `clock` shows at this moment of virtual time; false: not a clock that we know. Processor time is the
 * virtual time since the process began. */
bool clock_show(clockid_t clock, int64_t *ns);

/* The virtual time that is `duration` after `start`, as late as there is at most; the duration is well-formed. */
int64_t time_after(int64_t start, const struct timespec *duration);

static inline struct timespec clock_timespec(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / CLOCK_SECOND, .tv_nsec = ns % CLOCK_SECOND};
}

static inline bool clock_malformed(const struct timespec *time)
{
    return time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= CLOCK_SECOND;
}

#endif
