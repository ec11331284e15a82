/* Virtual time as the guest sees it: the gate's clock, which lockstep alone moves. */
#include "shim/shim.h"

int64_t time_now(void)
{
    return atomic_load_explicit(&shim_process.gate->now, memory_order_acquire);
}

int64_t time_of_deadline(clockid_t clock, const struct timespec *deadline)
{
    if (deadline->tv_nsec < 0 || deadline->tv_nsec >= 1000000000)
        return INT64_MIN;
    int64_t seconds = deadline->tv_sec;
    if (clock == CLOCK_REALTIME)
        seconds -= shim_process.gate->epoch;
    else
        seconds -= SHIM_MONOTONIC_BASE / 1000000000;
    if (seconds > INT64_MAX / 1000000000 - 1)
        return INT64_MAX - 1;
    if (seconds < -1)
        return -1;
    return seconds * 1000000000 + deadline->tv_nsec;
}
