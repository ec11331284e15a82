/* Signals: the guest's handlers. Each is installed behind one trampoline, which makes its run a step (signal.deliver):
 * at the end of a step, inside a granted interruption, or where a fault struck. What sigaction answers comes from the
 * table here. Nothing here waits but at the gate. */
#include "shim/signal.h"

/* The guest's own actions, where they are handlers; the kernel has the trampoline. */
static struct {
    struct sigaction action;
    bool handler;   /* the kernel has the trampoline for it */
    bool only_kept; /* our own signal: remembered, not installed */
} table[65];

/* Signals for which the guest wants system calls interrupted (siginterrupt(3)). */
static uint64_t interrupting;

__thread uint64_t signal_deferred;

static void trampoline(int number, siginfo_t *info, void *context);

uint64_t signal_reserved(void)
{
    return signal_bit(shim_process.gate ? shim_process.gate->preempt_signal : 0) | signal_bit(32) | signal_bit(33);
}

/* ---- the table ---- */
static bool is_handler(const struct sigaction *action)
{
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

static void action_get(int number, struct sigaction *old)
{
    *old = table[number].action;
#if defined(__x86_64__)
    old->sa_flags |= 0x04000000; /* SA_RESTORER, which the C library sets and does not hide */
#endif
}

int signal_action_set(int number, const struct sigaction *action, struct sigaction *old)
{
    if (number < 1 || number > 64 || number == 32 || number == 33)
        return EINVAL;
    struct sigaction given = action ? *action : (struct sigaction){0}; /* `old` may be the same memory */
    if (number == shim_process.gate->preempt_signal) {
        if (old)
            *old = table[number].action;
        if (action)
            table[number].action = given;
        return 0;
    }
    struct sigaction before;
    bool was_handler = table[number].handler;
    if (was_handler)
        action_get(number, &before);
    else if (REAL(sigaction)(number, NULL, &before) != 0)
        return errno;
    if (action && is_handler(&given)) {
        struct sigaction real = given;
        real.sa_sigaction = trampoline;
        real.sa_flags = (given.sa_flags | SA_SIGINFO) & ~(int)SA_RESETHAND;
        signal_set(&real.sa_mask, signal_bits(&given.sa_mask) & ~signal_reserved());
        struct sigaction kept = table[number].action;
        table[number].action = given;
        if (REAL(sigaction)(number, &real, NULL) != 0) {
            table[number].action = kept;
            return errno;
        }
        table[number].handler = true;
        shim_process.handled |= signal_bit(number);
    } else if (action) {
        if (REAL(sigaction)(number, &given, NULL) != 0)
            return errno;
        table[number].handler = false;
        shim_process.handled &= ~signal_bit(number);
    }
    if (old)
        *old = before;
    return 0;
}

int signal_action_step(int number, const struct sigaction *action, struct sigaction *old, void *pc, void *frame)
{
    struct step step;
    bool observed = action && step_begin_at(&step, OPERATION_signal_action, pc, frame);
    if (observed) {
        step.record.argument[0] = number;
        step.record.argument[1] = action->sa_handler == SIG_DFL ? 0 : action->sa_handler == SIG_IGN ? 1 : 2;
        step.record.argument[2] = action->sa_flags;
        step_ask(&step);
        /* A signal that only now has a handler must not run it before the step has been told. */
        if (step.record.argument[1] == 2)
            signal_mask_take(&step);
    }
    int error = signal_action_set(number, action, old);
    if (observed)
        step_result(&step, error ? -1 : 0, error);
    if (error)
        errno = error;
    return error ? -1 : 0;
}

/* ---- the trampoline ---- */
static bool from_fault(int number, const siginfo_t *info)
{
    switch (number) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
        return info->si_code > 0;
    case SIGABRT:
        return true; /* blocked by nobody: abort() */
    default:
        return false;
    }
}

static void handler_call(const struct sigaction *action, int number, siginfo_t *info, void *context)
{
    if (action->sa_flags & SA_SIGINFO)
        action->sa_sigaction(number, info, context);
    else
        action->sa_handler(number);
}

static void deliver_record(struct record *record, int number, const struct sigaction *action)
{
    /* The place is the handler's first line: one past its address, as a return address would be. */
    record->pc = (uint64_t)(uintptr_t)action->sa_handler + 1;
    record->argument[0] = number;
    record->argument[1] = action->sa_flags;
}

/* Says that the handler has returned. The signals stay blocked afterwards: the return from the trampoline restores the
 * interrupted mask. */
static void deliver_end(const struct record *asked)
{
    if (shim_self.busy)
        return; /* the handler has left the shim in another way; nothing to tell */
    uint64_t closed = shim_process.handled;
    system_mask(SIG_BLOCK, &closed, NULL);
    struct record got = *asked;
    got.kind = RECORD_GOT;
    got.outcome = OUTCOME_done;
    got.flags &= ~(uint32_t)RECORD_PREGRANTED;
    shim_append(&got, NULL, 0);
}

/* The guest's own code was interrupted, or a step has just ended: a step like any other. */
static void deliver_asked(const struct sigaction *action, int number, siginfo_t *info, void *context)
{
    struct step step;
    uint64_t frame[2] = {signal_context_frame(context), 0};
    if (!step_begin_at(&step, OPERATION_signal_deliver, NULL, frame)) {
        handler_call(action, number, info, context);
        return;
    }
    deliver_record(&step.record, number, action);
    shim_self.slot->pc = step.record.pc;
    step_ask(&step);
    int error = step.saved_errno;
    step_drop(&step);
    errno = error;
    handler_call(action, number, info, context);
    deliver_end(&step.record);
}

/* Inside a granted step: the run of the handler is granted with it. The handler may take steps of its own, and may not
 * come back (longjmp): then nothing is left to undo. */
static void deliver_granted(const struct sigaction *action, int number, siginfo_t *info, void *context)
{
    struct shim_thread *self = &shim_self;
    uint32_t busy = self->busy;
    bool interruption = self->pregranted;
    struct gate_slot *slot = self->slot;
    uint64_t mask = slot->guest_mask, pc = slot->pc, frame = slot->frame, stack = slot->stack;
    struct record asked;
    shim_record_init(&asked, RECORD_ASKED, OPERATION_signal_deliver);
    asked.flags |= RECORD_PREGRANTED;
    asked.frame = signal_context_frame(context);
    deliver_record(&asked, number, action);
    shim_append(&asked, NULL, 0);
    shim_flush();
    self->busy = 0;
    self->pregranted = false;
    handler_call(action, number, info, context);
    deliver_end(&asked);
    self->busy = busy;
    self->pregranted = interruption;
    slot->guest_mask = mask;
    slot->pc = pc;
    slot->frame = frame;
    slot->stack = stack;
    if (interruption) {
        self->handler_ran = true;
        self->handler_restarts = self->handler_restarts && (action->sa_flags & SA_RESTART) != 0;
    }
}

/* A held task must not run the guest's code: the signal goes back to the kernel, blocked for this thread until its step
 * is over. */
static void defer(int number, siginfo_t *info, void *context)
{
    uint64_t bit = signal_bit(number);
    system_mask(SIG_BLOCK, &bit, NULL);
    signal_context_block(context, bit);
    signal_deferred |= bit;
    int32_t pid = (int32_t)SYSTEM(SYS_getpid, 0);
    if (info->si_code == SI_TKILL)
        SYSTEM(SYS_rt_tgsigqueueinfo, pid, SYSTEM(SYS_gettid, 0), number, info);
    else
        SYSTEM(SYS_rt_sigqueueinfo, pid, number, info);
}

void signal_deferred_open(void)
{
    uint64_t bits = signal_deferred;
    signal_deferred = 0;
    if (bits)
        system_mask(SIG_UNBLOCK, &bits, NULL);
}

static void trampoline(int number, siginfo_t *info, void *context)
{
    struct shim_thread *self = &shim_self;
    struct sigaction action = table[number].action;
    bool watched = self->slot && !self->ended && !shim_process.live && *shim_alive;
    if (watched && self->busy && !self->pregranted && !from_fault(number, info)) {
        defer(number, info, context);
        return;
    }
    signal_deferred &= ~signal_bit(number);
    if (!is_handler(&action))
        return; /* taken away between the kernel's decision and now */
    if (action.sa_flags & (int)SA_RESETHAND) {
        struct sigaction once = {.sa_handler = SIG_DFL};
        signal_action_set(number, &once, NULL);
    }
    if (!watched)
        handler_call(&action, number, info, context);
    else if (self->busy)
        deliver_granted(&action, number, info, context);
    else
        deliver_asked(&action, number, info, context);
}

/* ---- start ---- */
void signal_start(void)
{
    signal_preempt_start();
    for (int number = 1; number <= 64; number++) {
        struct sigaction found;
        if (number == 32 || number == 33 || number == shim_process.gate->preempt_signal)
            continue;
        if (REAL(sigaction)(number, NULL, &found) == 0 && is_handler(&found))
            signal_action_set(number, &found, NULL); /* of a library that began before us */
    }
}

/* ---- the calls ---- */
#define HERE __builtin_return_address(0), __builtin_frame_address(0)

SHIM_EXPORT int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    if (!signal_kept())
        return REAL(sigaction)(number, action, old);
    return signal_action_step(number, action, old, HERE);
}

static sighandler_t simple(int number, sighandler_t handler, int flags, void *pc, void *frame)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, old;
    if (handler == SIG_ERR) {
        errno = EINVAL;
        return SIG_ERR;
    }
    sigemptyset(&action.sa_mask);
    if (flags == SA_RESTART) {
        sigaddset(&action.sa_mask, number);
        if (interrupting & signal_bit(number))
            action.sa_flags = 0;
    }
    return signal_action_step(number, &action, &old, pc, frame) == 0 ? old.sa_handler : SIG_ERR;
}

/* BSD's signal(3): blocked while its handler runs, calls go on. */
#define BSD_SIGNAL(name)                                                                                               \
    SHIM_EXPORT sighandler_t name(int number, sighandler_t handler)                                                    \
    {                                                                                                                  \
        if (!signal_kept())                                                                                            \
            return REAL(name)(number, handler);                                                                        \
        return simple(number, handler, SA_RESTART, HERE);                                                              \
    }

/* System V's: reset to the default when it strikes, not blocked, calls end with EINTR. */
#define SYSV_SIGNAL(name)                                                                                              \
    SHIM_EXPORT sighandler_t name(int number, sighandler_t handler)                                                    \
    {                                                                                                                  \
        if (!signal_kept())                                                                                            \
            return REAL(name)(number, handler);                                                                        \
        return simple(number, handler, (int)(SA_RESETHAND | SA_NODEFER), HERE);                                        \
    }

sighandler_t bsd_signal(int number, sighandler_t handler);

BSD_SIGNAL(signal)
BSD_SIGNAL(bsd_signal)
BSD_SIGNAL(ssignal)
SYSV_SIGNAL(sysv_signal)
SYSV_SIGNAL(__sysv_signal)

SHIM_EXPORT int siginterrupt(int number, int interrupts)
{
    if (!signal_kept())
        return REAL(siginterrupt)(number, interrupts);
    struct sigaction action;
    int error = signal_action_set(number, NULL, &action);
    if (error) {
        errno = error;
        return -1;
    }
    if (interrupts) {
        interrupting |= signal_bit(number);
        action.sa_flags &= ~SA_RESTART;
    } else {
        interrupting &= ~signal_bit(number);
        action.sa_flags |= SA_RESTART;
    }
    return signal_action_step(number, &action, NULL, HERE);
}

SHIM_EXPORT int sigignore(int number)
{
    if (!signal_kept())
        return REAL(sigignore)(number);
    struct sigaction action = {.sa_handler = SIG_IGN};
    return signal_action_step(number, &action, NULL, HERE);
}

/* sigset (XSH): the disposition, or SIG_HOLD; unblocks. Answers SIG_HOLD if the signal was blocked. */
SHIM_EXPORT sighandler_t sigset(int number, sighandler_t handler)
{
    if (!signal_kept())
        return REAL(sigset)(number, handler);
    struct sigaction action = {.sa_handler = handler}, old;
    sigset_t one, mask;
    sigemptyset(&one);
    if (handler == SIG_ERR || sigaddset(&one, number) != 0) {
        errno = EINVAL;
        return SIG_ERR;
    }
    bool hold = handler == SIG_HOLD;
    int error = signal_mask_step(hold ? SIG_BLOCK : SIG_UNBLOCK, &one, &mask, HERE);
    if (error == 0 && signal_action_step(number, hold ? NULL : &action, &old, HERE) == 0)
        return sigismember(&mask, number) ? SIG_HOLD : old.sa_handler;
    if (error)
        errno = error;
    return SIG_ERR;
}
