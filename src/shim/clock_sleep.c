/* Sleeps: until a virtual time. A handler that ran ends them, whatever SA_RESTART says (signal(7)). */
#include "shim/clock.h"
#include "shim/live.h"

#include <unistd.h>

#define HERE __builtin_return_address(0), __builtin_frame_address(0)

/* What a sleep is to last: from its grant (relative), or until a virtual time. */
struct sleep_request {
    bool absolute;
    struct timespec duration;
    int64_t until;
};

static int64_t sleep_end(const struct sleep_request *request)
{
    return request->absolute ? request->until : time_after(time_now(), &request->duration);
}

/* Sleeps; 0 or EINTR and what is left. -1: not a step. */
static int sleep_step(const struct sleep_request *request, int64_t *left, void *pc, void *frame)
{
    if (live_on()) /* over when its task speaks again */
        live_begin(OPERATION_time_sleep, NULL,
                   request->absolute ? 0 : request->duration.tv_sec * 1000000000 + request->duration.tv_nsec,
                   LIVE_AT(pc, frame));
    struct step step;
    if (!step_begin_at(&step, OPERATION_time_sleep, pc, frame))
        return -1;
    step_deadline(&step, sleep_end(request));
    step_ask(&step);
    step_cancellation(&step);
    int64_t end = sleep_end(request);
    step_deadline(&step, end); /* a relative sleep begins when it is let */
    int error = 0;
    while (time_now() < end) {
        if (step.interrupted) {
            error = EINTR;
            break;
        }
        enum grant_action grant = step_block(&step, NULL);
        step_cancellation(&step);
        if (grant == GRANT_EXPIRED)
            break;
    }
    *left = error ? end - time_now() : 0;
    step_result(&step, error ? -1 : 0, error);
    return error;
}

static int relative(const struct timespec *duration, int64_t *left, void *pc, void *frame)
{
    struct sleep_request request = {.duration = *duration};
    return sleep_step(&request, left, pc, frame);
}

SHIM_EXPORT int nanosleep(const struct timespec *duration, struct timespec *remaining)
{
    int64_t left = 0;
    int error = clock_malformed(duration) ? -1 : relative(duration, &left, HERE);
    if (error < 0)
        return REAL(nanosleep)(duration, remaining);
    if (error && remaining)
        *remaining = clock_timespec(left);
    if (error)
        errno = error;
    return error ? -1 : 0;
}

SHIM_EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *remaining)
{
    int64_t shown, left = 0;
    if (!clock_is_virtual() || clock_malformed(time) || clock == CLOCK_THREAD_CPUTIME_ID || clock < 0 ||
        clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ||
        !clock_show(clock, &shown))
        return REAL(clock_nanosleep)(clock, flags, time, remaining);
    struct sleep_request request = {.absolute = flags & TIMER_ABSTIME, .duration = *time};
    if (request.absolute) {
        /* from what the clock shows to virtual time, without overflow */
        int64_t base = shown - time_now();
        request.until = time->tv_sec > INT64_MAX / CLOCK_SECOND - 2
                            ? INT64_MAX - 1
                            : time->tv_sec * CLOCK_SECOND + time->tv_nsec - base;
    }
    int error = sleep_step(&request, &left, HERE);
    if (error < 0)
        return REAL(clock_nanosleep)(clock, flags, time, remaining);
    if (error && remaining && !request.absolute)
        *remaining = clock_timespec(left);
    return error;
}

SHIM_EXPORT unsigned int sleep(unsigned int seconds)
{
    int64_t left = 0;
    int error = relative(&(struct timespec){.tv_sec = seconds}, &left, HERE);
    if (error < 0)
        return REAL(sleep)(seconds);
    return (unsigned int)(left / CLOCK_SECOND);
}

SHIM_EXPORT int usleep(useconds_t microseconds)
{
    int64_t left = 0;
    struct timespec duration = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000L};
    int error = relative(&duration, &left, HERE);
    if (error < 0)
        return REAL(usleep)(microseconds);
    if (error)
        errno = error;
    return error ? -1 : 0;
}

SHIM_EXPORT int thrd_sleep(const struct timespec *duration, struct timespec *remaining)
{
    int64_t left = 0;
    int error = clock_malformed(duration) ? -1 : relative(duration, &left, HERE);
    if (error < 0)
        return REAL(thrd_sleep)(duration, remaining);
    if (error && remaining)
        *remaining = clock_timespec(left);
    return error ? -1 : 0;
}
