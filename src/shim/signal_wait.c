/* Signals: waiting for one, to take it (sigwait and its forms) or until a handler has run (sigsuspend, pause). */
#include "shim/clock.h"
#include "shim/signal.h"

#define HERE __builtin_return_address(0), __builtin_frame_address(0)

/* ---- to take it ---- */
static bool pending(struct step *step)
{
    uint64_t set = 0;
    SYSTEM(SYS_rt_sigpending, &set, sizeof set);
    return (set & *(const uint64_t *)step->context) != 0;
}

/* One look: the signal's number, or a negative errno number: EAGAIN for none. */
static long take(uint64_t set, siginfo_t *info)
{
    static const struct timespec at_once = {0, 0};
    long number;
    do
        number = SYSTEM(SYS_rt_sigtimedwait, &set, info, &at_once, sizeof set);
    while (number == -EINTR);
    return number;
}

enum wait_end { WAIT_interrupted, WAIT_goes_on }; /* after a handler: sigwait goes on, sigwaitinfo ends (signal(7)) */

static long take_hold(struct step *step, uint64_t set, siginfo_t *info, enum wait_end end)
{
    step->context = &set;
    step->ready = pending;
    step->record.argument[0] = (int64_t)set;
    enum grant_action grant = step_ask(step);
    /* While it waits these are its own, whatever their default action and the guest's mask (sigwaitinfo(2)). */
    signal_mask_take(step);
    system_mask(SIG_BLOCK, &set, NULL);
    for (;;) {
        step_cancellation(step);
        long number = take(set, info);
        if (number != -EAGAIN)
            return number;
        if (step->interrupted && end == WAIT_interrupted)
            return -EINTR;
        if (grant == GRANT_EXPIRED || (step->record.flags & RECORD_NONBLOCKING))
            return -EAGAIN;
        step->interrupted = false;
        grant = step_block(step, NULL);
    }
}

static void take_end(struct step *step, long number)
{
    if (number == -EAGAIN && !(step->record.flags & RECORD_NONBLOCKING))
        step_got(step, OUTCOME_timed_out, -1, EAGAIN);
    else
        step_result(step, number < 0 ? -1 : number, number < 0 ? (int)-number : 0);
}

SHIM_EXPORT int sigwait(const sigset_t *set, int *number)
{
    struct step step;
    if (!step_begin(&step, OPERATION_signal_wait))
        return REAL(sigwait)(set, number);
    long taken = take_hold(&step, signal_bits(set) & ~signal_reserved(), NULL, WAIT_goes_on);
    take_end(&step, taken);
    if (taken < 0)
        return (int)-taken;
    *number = (int)taken;
    return 0;
}

static int take_whole(struct step *step, const sigset_t *set, siginfo_t *info)
{
    long taken = take_hold(step, signal_bits(set) & ~signal_reserved(), info, WAIT_interrupted);
    if (taken > 0 && info && info->si_code == SI_TKILL)
        info->si_code = SI_USER; /* as the C library has it, for raise() */
    take_end(step, taken);
    if (taken < 0)
        errno = (int)-taken;
    return taken < 0 ? -1 : (int)taken;
}

SHIM_EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    struct step step;
    if (!step_begin(&step, OPERATION_signal_wait))
        return REAL(sigwaitinfo)(set, info);
    return take_whole(&step, set, info);
}

SHIM_EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *time)
{
    struct step step;
    if ((time && (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= 1000000000)) ||
        !step_begin(&step, OPERATION_signal_wait))
        return REAL(sigtimedwait)(set, info, time);
    if (time && time->tv_sec == 0 && time->tv_nsec == 0)
        step.record.flags |= RECORD_NONBLOCKING;
    else if (time)
        step_deadline(&step, time_after(time_now(), time));
    return take_whole(&step, set, info);
}

/* ---- until a handler has run ---- */
static int suspend(struct step *step, const uint64_t *mask)
{
    step->wait_mask = mask;
    step->record.argument[0] = mask ? (int64_t)*mask : 0;
    step->record.argument[1] = mask != NULL;
    step_ask(step);
    signal_mask_take(step);
    while (!step->interrupted) {
        step_cancellation(step);
        if (mask) {
            /* Without a handler a signal acts as the mask given says, while handlers stay closed out. */
            uint64_t held = *mask | shim_process.handled;
            system_mask(SIG_SETMASK, &held, NULL);
        }
        step_block(step, NULL);
    }
    step_result(step, -1, EINTR);
    errno = EINTR;
    return -1;
}

SHIM_EXPORT int sigsuspend(const sigset_t *set)
{
    struct step step;
    if (!step_begin(&step, OPERATION_signal_suspend))
        return REAL(sigsuspend)(set);
    uint64_t mask = signal_bits(set) & ~signal_reserved();
    return suspend(&step, &mask);
}

SHIM_EXPORT int pause(void)
{
    struct step step;
    if (!step_begin(&step, OPERATION_signal_suspend))
        return REAL(pause)();
    return suspend(&step, NULL);
}

static int pause_with(uint64_t mask, void *pc, void *frame)
{
    struct step step;
    sigset_t set;
    signal_set(&set, mask);
    if (!step_begin_at(&step, OPERATION_signal_suspend, pc, frame))
        return REAL(sigsuspend)(&set);
    mask &= ~signal_reserved();
    return suspend(&step, &mask);
}

static uint64_t mask_now(void)
{
    uint64_t mask;
    system_mask(SIG_BLOCK, NULL, &mask);
    return mask;
}

/* BSD's sigpause takes a mask, X/Open's a signal to let through. Both names are in use. */
int __sigpause(int signal_or_mask, int is_signal);
SHIM_EXPORT int __sigpause(int signal_or_mask, int is_signal)
{
    return pause_with(is_signal ? mask_now() & ~signal_bit(signal_or_mask) : (uint32_t)signal_or_mask, HERE);
}

int __xpg_sigpause(int number);
SHIM_EXPORT int __xpg_sigpause(int number)
{
    return pause_with(mask_now() & ~signal_bit(number), HERE);
}
