/* Virtual time as the guest sees it: the gate's clock, which lockstep alone moves. Reading it is a step (time.read), so
 * that a loop over a clock advances it. */
#include "shim/clock.h"

#include "shim/process.h"

#include <sys/times.h>
#include <sys/timex.h>
#include <unistd.h>

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

int64_t time_after(int64_t start, const struct timespec *duration)
{
    if (duration->tv_sec > (INT64_MAX - start) / CLOCK_SECOND - 2)
        return INT64_MAX - 1;
    return start + duration->tv_sec * CLOCK_SECOND + duration->tv_nsec;
}

bool clock_show(clockid_t clock, int64_t *ns)
{
    int64_t now = time_now();
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        *ns = shim_process.gate->epoch * CLOCK_SECOND + now;
        return true;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *ns = SHIM_MONOTONIC_BASE + now;
        return true;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = now - process_started();
        return true;
    default: {
        /* Negative ids are the processor clocks of others (clock_getcpuclockid(3)); the real call knows if they exist. */
        struct timespec real;
        if (clock >= 0 || REAL(clock_gettime)(clock, &real) != 0)
            return false;
        *ns = now - process_started();
        return true;
    }
    }
}

/* The step of reading `clock`; the caller knows that it is one of ours. */
static int64_t read_step(clockid_t clock, void *pc, void *frame)
{
    struct step step;
    int64_t ns = 0;
    if (!step_begin_at(&step, OPERATION_time_read, pc, frame)) {
        clock_show(clock, &ns);
        return ns;
    }
    step.record.argument[0] = clock;
    step_ask(&step);
    clock_show(clock, &ns);
    step_result(&step, ns, 0);
    return ns;
}

#define HERE __builtin_return_address(0), __builtin_frame_address(0)

SHIM_EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
    int64_t ns;
    if (!clock_is_virtual() || !clock_show(clock, &ns))
        return REAL(clock_gettime)(clock, now);
    *now = clock_timespec(read_step(clock, HERE));
    return 0;
}

SHIM_EXPORT int clock_getres(clockid_t clock, struct timespec *resolution)
{
    return REAL(clock_getres)(clock, resolution);
}

SHIM_EXPORT int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    if (!clock_is_virtual())
        return REAL(gettimeofday)(now, zone);
    struct timespec time = clock_timespec(read_step(CLOCK_REALTIME, HERE));
    now->tv_sec = time.tv_sec;
    now->tv_usec = time.tv_nsec / 1000;
    if (zone)
        *(struct timezone *)zone = (struct timezone){0};
    return 0;
}

SHIM_EXPORT time_t time(time_t *now)
{
    if (!clock_is_virtual())
        return REAL(time)(now);
    time_t seconds = (time_t)(read_step(CLOCK_REALTIME, HERE) / CLOCK_SECOND);
    if (now)
        *now = seconds;
    return seconds;
}

SHIM_EXPORT int timespec_get(struct timespec *now, int base)
{
    if (!clock_is_virtual() || base != TIME_UTC)
        return REAL(timespec_get)(now, base);
    *now = clock_timespec(read_step(CLOCK_REALTIME, HERE));
    return base;
}

SHIM_EXPORT clock_t clock(void)
{
    if (!clock_is_virtual())
        return REAL(clock)();
    return (clock_t)(read_step(CLOCK_PROCESS_CPUTIME_ID, HERE) / (CLOCK_SECOND / CLOCKS_PER_SEC));
}

SHIM_EXPORT clock_t times(struct tms *buffer)
{
    if (!clock_is_virtual())
        return REAL(times)(buffer);
    int64_t tick = CLOCK_SECOND / sysconf(_SC_CLK_TCK), ns = read_step(CLOCK_MONOTONIC, HERE), used = 0;
    clock_show(CLOCK_PROCESS_CPUTIME_ID, &used);
    if (buffer)
        *buffer = (struct tms){.tms_utime = used / tick};
    return (clock_t)(ns / tick);
}

/* ---- setting: nobody may, whoever the guest believes to be ---- */
static int refused(void)
{
    errno = EPERM;
    return -1;
}

SHIM_EXPORT int clock_settime(clockid_t clock, const struct timespec *time)
{
    if (!clock_is_virtual() || clock != CLOCK_REALTIME || clock_malformed(time))
        return REAL(clock_settime)(clock, time); /* EINVAL at once */
    return refused();
}

SHIM_EXPORT int settimeofday(const struct timeval *time, const struct timezone *zone)
{
    /* Both at once is an error before any right is asked for (glibc, time/settimeofday.c). */
    return clock_is_virtual() && !(time && zone) ? refused() : REAL(settimeofday)(time, zone);
}

SHIM_EXPORT int adjtime(const struct timeval *delta, struct timeval *old)
{
    return clock_is_virtual() && delta ? refused() : REAL(adjtime)(delta, old);
}
