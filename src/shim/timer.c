/* Virtual timers: what all kinds share, and the interval timers of a process (alarm, setitimer). The kernel's own are
 * never set: virtual time is moved by lockstep alone. */
#include "shim/timer.h"

#include "shim/clock.h"
#include "shim/signal.h"

#include <string.h>
#include <sys/time.h>
#include <unistd.h>

_Atomic int64_t timer_next = TIMER_NEVER;

static struct timer intervals[3] = {
    {.used = true, .number = -1, .due = TIMER_NEVER, .notify = SIGEV_SIGNAL, .signal = SIGALRM},
    {.used = true, .number = -2, .due = TIMER_NEVER, .notify = SIGEV_SIGNAL, .signal = SIGVTALRM},
    {.used = true, .number = -3, .due = TIMER_NEVER, .notify = SIGEV_SIGNAL, .signal = SIGPROF},
};

/* All timers in turn. */
static struct timer *timer_at(uint32_t index)
{
    if (index < 3)
        return &intervals[index];
    uint32_t posix = index - 3, first = 0;
    while (timer_posix_at(first))
        first++;
    return posix < first ? timer_posix_at(posix) : timer_descriptor_at(posix - first);
}

void timer_refresh(void)
{
    int64_t nearest = TIMER_NEVER;
    struct timer *timer;
    for (uint32_t i = 0; (timer = timer_at(i)); i++)
        if (timer->used && !timer->foreign && timer->notify != SIGEV_THREAD && timer->due < nearest)
            nearest = timer->due;
    atomic_store_explicit(&timer_next, nearest, memory_order_release);
}

/* ---- due ---- */
static void raise_signal(struct timer *timer, uint64_t count)
{
    uint64_t pending = 0;
    SYSTEM(SYS_rt_sigpending, &pending, sizeof pending);
    if (timer->number >= 0 && (pending & signal_bit(timer->signal))) {
        timer->overrun += (int)count; /* timer_getoverrun(2): at most one signal is queued per timer */
        return;
    }
    timer->overrun = (int)count - 1;
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = timer->signal;
    info.si_code = SI_KERNEL;
    if (timer->number >= 0) {
        info.si_code = SI_TIMER;
        info.si_timerid = timer->number;
        info.si_overrun = timer->overrun;
        info.si_value = timer->value;
    }
    if (timer->tid)
        SYSTEM(SYS_rt_tgsigqueueinfo, shim_process.pid, timer->tid, timer->signal, &info);
    else
        SYSTEM(SYS_rt_sigqueueinfo, shim_process.pid, timer->signal, &info);
}

void timer_fire(void)
{
    int64_t now = time_now();
    struct timer *timer;
    for (uint32_t i = 0; (timer = timer_at(i)); i++) {
        if (!timer->used || timer->foreign || timer->due > now || timer->notify == SIGEV_THREAD)
            continue;
        uint64_t count = 1;
        if (timer->interval > 0) {
            count += (uint64_t)((now - timer->due) / timer->interval);
            timer->due += (int64_t)count * timer->interval;
        } else {
            timer->due = TIMER_NEVER;
        }
        if (timer->inner >= 0 && timer->number >= 1000)
            timer_descriptor_fire(timer, count);
        else if (timer->notify == SIGEV_SIGNAL || timer->notify == SIGEV_THREAD_ID)
            raise_signal(timer, count);
    }
    timer_refresh();
}

void timer_after_fork(void)
{
    struct timer *timer;
    for (uint32_t i = 0; (timer = timer_at(i)); i++) {
        if (timer->number >= 1000) {
            timer->foreign = true;
            continue;
        }
        timer->due = TIMER_NEVER;
        timer->interval = 0;
        if (timer->number >= 0)
            timer->used = false;
    }
    atomic_store(&timer_next, TIMER_NEVER);
}

/* ---- setting ---- */
struct itimerspec timer_left(const struct timer *timer)
{
    struct itimerspec left = {.it_interval = clock_timespec(timer->interval)};
    int64_t due = timer->due, now = time_now();
    if (due == TIMER_NEVER)
        return (struct itimerspec){.it_interval = left.it_interval};
    if (due <= now)
        due = timer->interval > 0 ? due + ((now - due) / timer->interval + 1) * timer->interval : now + 1;
    left.it_value = clock_timespec(due - now);
    return left;
}

static int64_t due_of(const struct timer *timer, const struct itimerspec *value, bool absolute)
{
    if (value->it_value.tv_sec == 0 && value->it_value.tv_nsec == 0)
        return TIMER_NEVER;
    if (!absolute)
        return time_after(time_now(), &value->it_value);
    clockid_t clock = timer->clock == CLOCK_REALTIME_ALARM || timer->clock == CLOCK_TAI ? CLOCK_REALTIME : timer->clock;
    return time_of_deadline(clock, &value->it_value);
}

static void describe(struct step *step, const struct timer *timer, int64_t due, int64_t interval)
{
    step->record.object = (struct record_key){
        .a = (uint64_t)(int64_t)timer->number, .kind = OBJECT_timer, .space = KEY_NUMBER, .descriptor = -1};
    step->record.argument[0] = timer->number;
    step->record.argument[1] = timer->notify == SIGEV_SIGNAL || timer->notify == SIGEV_THREAD_ID ? timer->signal : 0;
    step->record.argument[2] = interval;
    if (due != TIMER_NEVER)
        step_deadline(step, due);
}

void timer_set_step(struct timer *timer, const struct itimerspec *value, bool absolute, struct itimerspec *old,
                    void *pc, void *frame)
{
    struct step step;
    int64_t interval = time_after(0, &value->it_interval);
    bool observed = step_begin_at(&step, OPERATION_time_timer, pc, frame);
    if (observed) {
        describe(&step, timer, due_of(timer, value, absolute), interval);
        step_ask(&step);
    }
    if (old)
        *old = timer_left(timer);
    timer->due = due_of(timer, value, absolute);
    timer->interval = timer->due == TIMER_NEVER ? 0 : interval;
    timer->overrun = 0;
    timer->generation++;
    timer_refresh();
    if (observed) {
        describe(&step, timer, timer->due, timer->interval);
        step_result(&step, 0, 0);
    }
}

/* ---- interval timers ---- */
#define HERE __builtin_return_address(0), __builtin_frame_address(0)

static struct timespec from_timeval(const struct timeval *time)
{
    return (struct timespec){.tv_sec = time->tv_sec, .tv_nsec = time->tv_usec * 1000};
}

static struct itimerval to_itimerval(const struct itimerspec *spec)
{
    return (struct itimerval){
        .it_value = {.tv_sec = spec->it_value.tv_sec, .tv_usec = spec->it_value.tv_nsec / 1000},
        .it_interval = {.tv_sec = spec->it_interval.tv_sec, .tv_usec = spec->it_interval.tv_nsec / 1000},
    };
}

static bool bad_timeval(const struct timeval *time)
{
    return time->tv_sec < 0 || time->tv_usec < 0 || time->tv_usec >= 1000000;
}

SHIM_EXPORT int setitimer(__itimer_which_t which, const struct itimerval *restrict value,
                          struct itimerval *restrict old)
{
    /* A NULL value clears the timer (setitimer(2)); what is malformed the kernel refuses. */
    if (!clock_is_virtual() || (unsigned)which > 2 ||
        (value && (bad_timeval(&value->it_value) || bad_timeval(&value->it_interval))))
        return REAL(setitimer)((int)which, value, old);
    struct itimerspec given = {0}, before;
    if (value)
        given = (struct itimerspec){.it_value = from_timeval(&value->it_value),
                                    .it_interval = from_timeval(&value->it_interval)};
    timer_set_step(&intervals[which], &given, false, &before, HERE);
    if (old)
        *old = to_itimerval(&before);
    return 0;
}

SHIM_EXPORT int getitimer(__itimer_which_t which, struct itimerval *value)
{
    if (!clock_is_virtual() || (unsigned)which > 2)
        return REAL(getitimer)((int)which, value);
    struct itimerspec left = timer_left(&intervals[which]);
    *value = to_itimerval(&left);
    return 0;
}

SHIM_EXPORT unsigned int alarm(unsigned int seconds)
{
    if (!clock_is_virtual())
        return REAL(alarm)(seconds);
    struct itimerspec given = {.it_value = {.tv_sec = seconds}}, before;
    timer_set_step(&intervals[0], &given, false, &before, HERE);
    /* The kernel rounds to the nearest second, but never a pending alarm to 0. */
    unsigned int left = (unsigned int)before.it_value.tv_sec;
    long rest = before.it_value.tv_nsec / 1000;
    return (left == 0 && rest > 0) || rest >= 500000 ? left + 1 : left;
}

SHIM_EXPORT useconds_t ualarm(useconds_t value, useconds_t interval)
{
    if (!clock_is_virtual())
        return REAL(ualarm)(value, interval);
    struct itimerspec given = {.it_value = {.tv_sec = value / 1000000, .tv_nsec = value % 1000000 * 1000L},
                               .it_interval = {.tv_sec = interval / 1000000, .tv_nsec = interval % 1000000 * 1000L}};
    struct itimerspec before;
    timer_set_step(&intervals[0], &given, false, &before, HERE);
    return (useconds_t)(before.it_value.tv_sec * 1000000 + before.it_value.tv_nsec / 1000);
}
