/* Virtual timers: POSIX timers (timer_create). A timer_t is the timer's number. SIGEV_THREAD, for which the C library
 * makes a thread that nobody sees, is a task of its own: it sleeps until the timer is due and calls the function. */
#include "shim/clock.h"
#include "shim/timer.h"

#include <string.h>

#define HERE __builtin_return_address(0), __builtin_frame_address(0)
#define POSIX_MAX 64u

static struct timer timers[POSIX_MAX];

struct timer *timer_posix_at(uint32_t index)
{
    return index < POSIX_MAX ? &timers[index] : NULL;
}

static struct timer *find(timer_t id)
{
    uintptr_t number = (uintptr_t)id;
    return number < POSIX_MAX && timers[number].used ? &timers[number] : NULL;
}

static int fail(int error)
{
    errno = error;
    return -1;
}

static bool bad_event(const struct sigevent *event)
{
    if (event->sigev_notify == SIGEV_NONE || event->sigev_notify == SIGEV_THREAD)
        return false;
    if (event->sigev_notify != SIGEV_SIGNAL && event->sigev_notify != SIGEV_THREAD_ID)
        return true;
    return event->sigev_signo < 1 || event->sigev_signo > 64;
}

SHIM_EXPORT int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict id)
{
    int64_t shown;
    if (!clock_is_virtual())
        return REAL(timer_create)(clock, event, id);
    if (!clock_show(clock, &shown) || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ||
        clock == CLOCK_MONOTONIC_RAW || (event && bad_event(event)))
        return fail(EINVAL);
    uint32_t number = 0;
    while (number < POSIX_MAX && timers[number].used)
        number++;
    if (number == POSIX_MAX)
        return fail(EAGAIN);
    uint32_t generation = timers[number].generation + 1;
    timers[number] = (struct timer){.used = true,
                                    .number = (int32_t)number,
                                    .clock = clock,
                                    .due = TIMER_NEVER,
                                    .notify = SIGEV_SIGNAL,
                                    .signal = SIGALRM,
                                    .value = {.sival_int = (int)number},
                                    .generation = generation};
    if (event) {
        timers[number].notify = event->sigev_notify;
        timers[number].signal = event->sigev_signo;
        timers[number].value = event->sigev_value;
        if (event->sigev_notify == SIGEV_THREAD)
            timers[number].function = event->sigev_notify_function;
        else if (event->sigev_notify == SIGEV_THREAD_ID)
            timers[number].tid = event->_sigev_un._tid;
    }
    *id = (timer_t)(uintptr_t)number;
    return 0;
}

/* ---- the task of a SIGEV_THREAD timer ---- */
static bool sleep_until(int64_t due)
{
    struct step step;
    uint64_t frame[2] = {0, 0};
    if (!step_begin_at(&step, OPERATION_time_sleep, NULL, frame))
        return false;
    step_deadline(&step, due);
    step_ask(&step);
    while (time_now() < due && step_block(&step, NULL) != GRANT_EXPIRED)
        ;
    step_result(&step, 0, 0);
    return true;
}

static void *timer_task(void *argument)
{
    struct timer *timer = &timers[(uintptr_t)argument & 0xFFFF];
    uint32_t generation = (uint32_t)((uintptr_t)argument >> 16);
    while (timer->used && timer->generation == generation && timer->due != TIMER_NEVER) {
        if (!sleep_until(timer->due))
            break;
        if (!timer->used || timer->generation != generation)
            break; /* set anew or deleted in the meantime */
        timer->due = timer->interval > 0 ? timer->due + timer->interval : TIMER_NEVER;
        timer->function(timer->value);
    }
    return NULL;
}

static void timer_task_start(const struct timer *timer)
{
    pthread_attr_t attributes;
    pthread_t thread;
    uintptr_t argument = (uintptr_t)timer->generation << 16 | (uintptr_t)timer->number;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &attributes, timer_task, (void *)argument);
    pthread_attr_destroy(&attributes);
}

/* ---- set, ask, delete ---- */
SHIM_EXPORT int timer_settime(timer_t id, int flags, const struct itimerspec *restrict value,
                              struct itimerspec *restrict old)
{
    if (!clock_is_virtual())
        return REAL(timer_settime)(id, flags, value, old);
    struct timer *timer = find(id);
    if (!timer || !value || clock_malformed(&value->it_value) || clock_malformed(&value->it_interval))
        return fail(EINVAL);
    timer_set_step(timer, value, flags & TIMER_ABSTIME, old, HERE);
    if (timer->notify == SIGEV_THREAD && timer->due != TIMER_NEVER)
        timer_task_start(timer);
    return 0;
}

SHIM_EXPORT int timer_gettime(timer_t id, struct itimerspec *value)
{
    if (!clock_is_virtual())
        return REAL(timer_gettime)(id, value);
    const struct timer *timer = find(id);
    if (!timer)
        return fail(EINVAL);
    *value = timer_left(timer);
    return 0;
}

SHIM_EXPORT int timer_getoverrun(timer_t id)
{
    if (!clock_is_virtual())
        return REAL(timer_getoverrun)(id);
    const struct timer *timer = find(id);
    return timer ? timer->overrun : fail(EINVAL);
}

SHIM_EXPORT int timer_delete(timer_t id)
{
    if (!clock_is_virtual())
        return REAL(timer_delete)(id);
    struct timer *timer = find(id);
    if (!timer)
        return fail(EINVAL);
    if (timer->due != TIMER_NEVER)
        timer_set_step(timer, &(struct itimerspec){0}, false, NULL, HERE);
    timer->used = false;
    timer->generation++;
    return 0;
}
