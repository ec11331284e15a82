/* Signal masks: the guest's own is what holds after a step; while a task is in the shim, signals with handlers are
 * blocked on top. lockstep's own signal is never blocked. */
#include "shim/signal.h"

#include <sys/signalfd.h>

#define HERE __builtin_return_address(0), __builtin_frame_address(0)

void signal_mask_take(struct step *step)
{
    uint64_t closed = shim_process.handled;
    if (step->masked) {
        system_mask(SIG_BLOCK, &closed, NULL);
        return;
    }
    system_mask(SIG_BLOCK, &closed, &step->old_mask);
    step->old_mask &= ~signal_deferred;
    signal_deferred = 0;
    step->masked = true;
    shim_self.slot->guest_mask = step->old_mask;
}

void signal_doors_open(struct step *step)
{
    signal_mask_take(step);
    shim_self.pregranted = true;
    system_mask(SIG_SETMASK, &step->old_mask, NULL);
    shim_self.pregranted = false;
}

void signal_doors_close(struct step *step)
{
    uint64_t closed = shim_process.handled;
    (void)step;
    system_mask(SIG_BLOCK, &closed, NULL);
}

static uint64_t changed(int how, uint64_t mask, uint64_t set)
{
    set &= ~signal_reserved();
    return how == SIG_BLOCK ? mask | set : how == SIG_UNBLOCK ? mask & ~set : set;
}

int signal_mask_step(int how, const sigset_t *set, sigset_t *old, void *pc, void *frame)
{
    struct step step;
    if (set && (how == SIG_BLOCK || how == SIG_UNBLOCK || how == SIG_SETMASK) &&
        step_begin_at(&step, OPERATION_signal_mask, pc, frame)) {
        step_ask(&step);
        signal_mask_take(&step);
        uint64_t before = step.old_mask;
        step.old_mask = changed(how, before, signal_bits(set));
        shim_self.slot->guest_mask = step.old_mask;
        if (old)
            signal_set(old, before);
        step.record.argument[0] = (int64_t)step.old_mask;
        step_result(&step, 0, 0);
        return 0;
    }
    if (!set || !signal_kept())
        return REAL(pthread_sigmask)(how, set, old);
    sigset_t allowed;
    signal_set(&allowed, signal_bits(set) & ~signal_reserved());
    return REAL(pthread_sigmask)(how, &allowed, old);
}

SHIM_EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    return signal_mask_step(how, set, old, HERE);
}

static int or_errno(int error)
{
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

SHIM_EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    return or_errno(signal_mask_step(how, set, old, HERE));
}

static int one_signal(int how, int number, void *pc, void *frame)
{
    sigset_t set;
    sigemptyset(&set);
    if (sigaddset(&set, number) != 0)
        return -1;
    return or_errno(signal_mask_step(how, &set, NULL, pc, frame));
}

SHIM_EXPORT int sighold(int number)
{
    return one_signal(SIG_BLOCK, number, HERE);
}

SHIM_EXPORT int sigrelse(int number)
{
    return one_signal(SIG_UNBLOCK, number, HERE);
}

/* BSD's masks of 32 signals (sigvec(3)). */
SHIM_EXPORT int sigblock(int mask)
{
    sigset_t set, old;
    signal_set(&set, (uint32_t)mask);
    signal_mask_step(SIG_BLOCK, &set, &old, HERE);
    return (int)(uint32_t)signal_bits(&old);
}

SHIM_EXPORT int sigsetmask(int mask)
{
    sigset_t set, old;
    signal_set(&set, (uint32_t)mask);
    signal_mask_step(SIG_SETMASK, &set, &old, HERE);
    return (int)(uint32_t)signal_bits(&old);
}

SHIM_EXPORT int signalfd(int descriptor, const sigset_t *mask, int flags)
{
    if (!signal_kept())
        return REAL(signalfd)(descriptor, mask, flags);
    sigset_t allowed;
    signal_set(&allowed, signal_bits(mask) & ~signal_reserved());
    return REAL(signalfd)(descriptor, &allowed, flags);
}
