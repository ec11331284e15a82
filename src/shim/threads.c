/* Threads: create, join, exit, detach, cancel, yield, once; POSIX and C11. The real library makes and ends them; the
 * newcomer waits at its first gate before it runs a line of the guest's code. */
#include "shim/sched.h"
#include "shim/shim.h"
#include "shim/signal.h"

#include "shim/live.h"
#include "shim/memory.h"

#include <dlfcn.h>
#include <string.h>

/* ---- which thread has which slot (of this process) ---- */
static struct {
    pthread_t thread;
    uint32_t slot;
} list[GATE_SLOTS];
static uint32_t list_length;

void shim_thread_register(pthread_t thread, uint32_t slot)
{
    shim_thread_forget(thread); /* a detached thread that ended: its handle is used again */
    for (uint32_t i = 0; i < list_length; i++)
        if (list[i].slot == GATE_SLOTS) {
            list[i].thread = thread;
            list[i].slot = slot;
            return;
        }
    if (list_length < GATE_SLOTS) {
        list[list_length].thread = thread;
        list[list_length++].slot = slot;
    }
}

void shim_thread_forget(pthread_t thread)
{
    for (uint32_t i = 0; i < list_length; i++)
        if (list[i].slot != GATE_SLOTS && pthread_equal(list[i].thread, thread))
            list[i].slot = GATE_SLOTS;
}

uint32_t shim_thread_slot(pthread_t thread)
{
    for (uint32_t i = 0; i < list_length; i++)
        if (list[i].slot != GATE_SLOTS && pthread_equal(list[i].thread, thread))
            return list[i].slot;
    return GATE_SLOTS;
}

void shim_threads_after_fork(void)
{
    list_length = 0;
    shim_thread_register(pthread_self(), shim_self.index);
}

/* ---- the end: the last destructor of thread-specific data asks for thread.exit ---- */
static pthread_key_t exit_key;
static bool exit_key_made;

static void thread_exit(void *value)
{
    /* Destructors run in rounds while there is something to destroy (pthread_key_create(3)): ours comes back until the
     * last one, so that the guest's own have run before. */
    if (++shim_self.exit_round < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(exit_key, value);
        return;
    }
    if (live_on()) {
        live_thread_exit();
        return;
    }
    struct step step;
    if (!step_begin(&step, OPERATION_thread_exit))
        return;
    step.record.pc = 0;
    step.record.object = key_of_slot(shim_self.index);
    step_ask(&step);
    shim_self.ended = true;
    step_drop(&step);
    shim_self.busy = 0;
}

void shim_thread_key_create(void)
{
    exit_key_made = pthread_key_create(&exit_key, thread_exit) == 0;
    shim_thread_key_set();
}

void shim_thread_key_set(void)
{
    if (exit_key_made)
        pthread_setspecific(exit_key, &exit_key);
}

/* ---- create ---- */

/* After a create the newcomer may be first: the creator is held once more before it goes on, as the newcomer's first
 * lines and the creator's next ones race in any real system. No step of its own: what comes next is done with the grant. */
static void resume(void *pc, void *frame)
{
    struct step step;
    if (!step_begin_at(&step, OPERATION_thread_resume, pc, frame))
        return;
    step_ask(&step);
    step_drop(&step);
}

static void newcomer(struct gate_slot *slot)
{
    if (exit_key_made)
        pthread_setspecific(exit_key, &exit_key);
    shim_memory_thread(false);
    uint64_t mask = slot->guest_mask;
    shim_task_start((uint32_t)(slot - shim_process.gate->slot), OPERATION_thread_start);
    system_mask(SIG_SETMASK, &mask, NULL);
}

static void *posix_main(void *argument)
{
    struct gate_slot *slot = argument;
    void *(*routine)(void *) = (void *(*)(void *))(uintptr_t)slot->birth[0];
    void *given = (void *)(uintptr_t)slot->birth[1];
    newcomer(slot);
    return routine(given);
}

static int c11_main(void *argument)
{
    struct gate_slot *slot = argument;
    thrd_start_t routine = (thrd_start_t)(uintptr_t)slot->birth[0];
    void *given = (void *)(uintptr_t)slot->birth[1];
    newcomer(slot);
    return routine(given);
}

struct creation {
    pthread_t *thread;
    const pthread_attr_t *attributes;
    bool c11;
    uint64_t routine, argument;
};

static int create(struct step *step, const struct creation *creation)
{
    if (step_ask(step) == GRANT_RESULT)
        return (int)step->grant_result;
    uint32_t index = step->grant_slot;
    struct gate_slot *slot = &shim_process.gate->slot[index];
    slot->birth[0] = creation->routine;
    slot->birth[1] = creation->argument;
    shim_process.tasks_ever++;
    pthread_attr_t attributes;
    signal_mask_take(step);
    slot->guest_mask = step->old_mask; /* inherited; ours of this step is not */
    int error;
    if (creation->c11)
        error = REAL(thrd_create)((thrd_t *)creation->thread, c11_main, slot);
    else
        error = REAL(pthread_create)(creation->thread, sched_attributes(creation->attributes, &attributes), posix_main,
                                     slot);
    if (error == 0) {
        shim_wait_arrival(index, NULL, NULL);
        shim_thread_register(*creation->thread, index);
        sched_thread_created(creation->attributes, index);
        step->record.object = key_of_slot(index);
    }
    return error;
}

SHIM_EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
                               void *argument)
{
    LIVE(live_thread_create(thread, attributes, (void *)(uintptr_t)routine, argument, false, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_thread_create))
        return REAL(pthread_create)(thread, attributes, routine, argument);
    int detached = PTHREAD_CREATE_JOINABLE;
    if (attributes)
        pthread_attr_getdetachstate(attributes, &detached);
    if (detached == PTHREAD_CREATE_DETACHED)
        step.record.flags |= RECORD_DETACHED;
    step.record.argument[0] = (int64_t)(uintptr_t)routine;
    struct creation creation = {.thread = thread,
                                .attributes = attributes,
                                .routine = (uint64_t)(uintptr_t)routine,
                                .argument = (uint64_t)(uintptr_t)argument};
    int error = create(&step, &creation);
    step_result(&step, error, error);
    if (error == 0)
        resume(__builtin_return_address(0), __builtin_frame_address(0));
    return error;
}

SHIM_EXPORT int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument)
{
    LIVE(live_thread_create((pthread_t *)thread, NULL, (void *)(uintptr_t)routine, argument, true, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_thread_create))
        return REAL(thrd_create)(thread, routine, argument);
    step.record.argument[0] = (int64_t)(uintptr_t)routine;
    struct creation creation = {.thread = (pthread_t *)thread,
                                .c11 = true,
                                .routine = (uint64_t)(uintptr_t)routine,
                                .argument = (uint64_t)(uintptr_t)argument};
    int result = create(&step, &creation);
    step_result(&step, result, result == thrd_success ? 0 : EAGAIN);
    if (result == thrd_success)
        resume(__builtin_return_address(0), __builtin_frame_address(0));
    return result;
}

/* ---- join ---- */

/* Waits until `thread` has ended: 0 or an errno number. The joiner is shown as waiting for the task itself. */
static int join(struct step *step, pthread_t thread, void **value)
{
    static const struct timespec long_ago = {0, 0};
    step->record.object = key_of_slot(shim_thread_slot(thread));
    if (step->record.object.a >= GATE_SLOTS)
        step->record.object.kind = OBJECT_none;
    enum grant_action grant = step_ask(step);
    for (;;) {
        step_cancellation(step);
        if (grant == GRANT_RESULT)
            return (int)step->grant_result;
        /* With a deadline long gone: it keeps the answers of join (EDEADLK, EINVAL), which tryjoin loses. */
        int error = REAL(pthread_clockjoin_np)(thread, value, CLOCK_REALTIME, &long_ago);
        if (error != ETIMEDOUT) {
            if (error == 0)
                shim_thread_forget(thread);
            return error;
        }
        if (grant == GRANT_EXPIRED)
            return ETIMEDOUT;
        grant = step_block(step, &step->record.object);
    }
}

SHIM_EXPORT int pthread_join(pthread_t thread, void **value)
{
    LIVE(live_thread_join(OPERATION_thread_join, thread, value, CLOCK_REALTIME, NULL, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_thread_join))
        return REAL(pthread_join)(thread, value);
    int error = join(&step, thread, value);
    step_result(&step, error, error);
    return error;
}

SHIM_EXPORT int thrd_join(thrd_t thread, int *value)
{
    LIVE(live_thrd_join(thread, value, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_thread_join))
        return REAL(thrd_join)(thread, value);
    void *pointer = NULL;
    int error = join(&step, (pthread_t)thread, &pointer);
    if (value)
        *value = (int)(uintptr_t)pointer;
    step_result(&step, error ? thrd_error : thrd_success, error);
    return error ? thrd_error : thrd_success;
}

SHIM_EXPORT int pthread_tryjoin_np(pthread_t thread, void **value)
{
    LIVE(live_thread_join(OPERATION_thread_tryjoin, thread, value, CLOCK_REALTIME, NULL, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_thread_tryjoin))
        return REAL(pthread_tryjoin_np)(thread, value);
    step.record.object = key_of_slot(shim_thread_slot(thread));
    step_ask(&step);
    int error = REAL(pthread_tryjoin_np)(thread, value);
    if (error == 0)
        shim_thread_forget(thread);
    step_result(&step, error, error);
    return error;
}

static int timed_join(struct step *step, pthread_t thread, void **value, clockid_t clock,
                      const struct timespec *deadline)
{
    if (deadline)
        step_deadline(step, time_of_deadline(clock, deadline));
    int error = join(step, thread, value);
    step_result(step, error, error);
    return error;
}

SHIM_EXPORT int pthread_timedjoin_np(pthread_t thread, void **value, const struct timespec *deadline)
{
    LIVE(live_thread_join(deadline ? OPERATION_thread_timedjoin : OPERATION_thread_join, thread, value, CLOCK_REALTIME,
                          deadline, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_thread_timedjoin))
        return REAL(pthread_timedjoin_np)(thread, value, deadline);
    return timed_join(&step, thread, value, CLOCK_REALTIME, deadline);
}

SHIM_EXPORT int pthread_clockjoin_np(pthread_t thread, void **value, clockid_t clock, const struct timespec *deadline)
{
    LIVE(live_thread_join(deadline ? OPERATION_thread_timedjoin : OPERATION_thread_join, thread, value, clock, deadline,
                          LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_thread_timedjoin))
        return REAL(pthread_clockjoin_np)(thread, value, clock, deadline);
    return timed_join(&step, thread, value, clock, deadline);
}

SHIM_EXPORT int pthread_detach(pthread_t thread)
{
    LIVE(live_thread_tell(OPERATION_thread_detach, thread, REAL(pthread_detach)(thread), LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_thread_detach))
        return REAL(pthread_detach)(thread);
    step.record.object = key_of_slot(shim_thread_slot(thread));
    step_ask(&step);
    int error = REAL(pthread_detach)(thread);
    step_result(&step, error, error);
    return error;
}

SHIM_EXPORT int thrd_detach(thrd_t thread)
{
    LIVE(live_thread_tell(OPERATION_thread_detach, (pthread_t)thread, REAL(thrd_detach)(thread), LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_thread_detach))
        return REAL(thrd_detach)(thread);
    step.record.object = key_of_slot(shim_thread_slot((pthread_t)thread));
    step_ask(&step);
    int result = REAL(thrd_detach)(thread);
    step_result(&step, result, result == thrd_success ? 0 : EINVAL);
    return result;
}

/* ---- cancellation ---- */
static __thread int cancel_state = PTHREAD_CANCEL_ENABLE;
static __thread int cancel_type = PTHREAD_CANCEL_DEFERRED;

void shim_cancel_mark(uint32_t slot)
{
    if (slot < GATE_SLOTS)
        atomic_store(&shim_process.gate->slot[slot].cancel, 1);
}

bool shim_cancel_requested(void)
{
    return shim_self.slot && cancel_state == PTHREAD_CANCEL_ENABLE && atomic_load(&shim_self.slot->cancel);
}

bool shim_cancel_is_asynchronous(void)
{
    return cancel_type == PTHREAD_CANCEL_ASYNCHRONOUS;
}

SHIM_EXPORT int pthread_setcancelstate(int state, int *old)
{
    int error = REAL(pthread_setcancelstate)(state, old);
    if (error == 0)
        cancel_state = state;
    return error;
}

SHIM_EXPORT int pthread_setcanceltype(int type, int *old)
{
    int error = REAL(pthread_setcanceltype)(type, old);
    if (error == 0)
        cancel_type = type;
    return error;
}

void step_cancellation(struct step *step)
{
    if (!shim_cancel_requested())
        return;
    if (!(operation_row(step->record.operation)->flags & OPERATION_CANCELS) && !shim_cancel_is_asynchronous())
        return;
    step->record.flags |= RECORD_CANCELLED;
    step_got(step, OUTCOME_interrupted, 0, ECANCELED);
    atomic_store(&shim_self.slot->cancel, 0);
    pthread_testcancel(); /* does not return: cleanup handlers, destructors, the end */
}

SHIM_EXPORT int pthread_cancel(pthread_t thread)
{
    LIVE(live_thread_tell(OPERATION_thread_cancel, thread, REAL(pthread_cancel)(thread), LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_thread_cancel))
        return REAL(pthread_cancel)(thread);
    uint32_t slot = shim_thread_slot(thread);
    step.record.object = key_of_slot(slot);
    step_ask(&step);
    shim_cancel_mark(slot);
    int error = REAL(pthread_cancel)(thread);
    step_result(&step, error, error);
    return error;
}

/* ---- yield and once ---- */
SHIM_EXPORT int sched_yield(void)
{
    LIVE(live_after(OPERATION_thread_yield, OBJECT_none, NULL, REAL(sched_yield)(), 0, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_thread_yield))
        return REAL(sched_yield)();
    step_ask(&step);
    step_result(&step, 0, 0);
    return 0;
}

SHIM_EXPORT void thrd_yield(void)
{
    struct step step;
    if (!step_begin(&step, OPERATION_thread_yield)) {
        REAL(thrd_yield)();
        return;
    }
    step_ask(&step);
    step_result(&step, 0, 0);
}

/* The model says when another task is inside the initialiser. Whoever runs it takes steps of its own meanwhile: the
 * once.run is over when the initialiser is. Returns false when it had been run before, and the step is over. */
static bool once_enter(struct step *step, const volatile void *control)
{
    step->record.object = key_of_address(OBJECT_once, control, sizeof(int));
    enum grant_action grant = step_ask(step);
    while (grant == GRANT_BLOCK)
        grant = step_block(step, &step->record.object);
    /* glibc keeps the state in the two lowest bits: 2 = done (nptl/pthread_once.c). */
    if ((*(const volatile int *)control & 3) == 2) {
        step_got(step, OUTCOME_done, 0, 0);
        return false;
    }
    step_open(step);
    return true;
}

/* pthread_exit and pthread_cancel end a thread through the unwinder of libgcc_s, which initialises itself once: not the
 * guest's doing, and nothing in it can wait. */
static bool is_the_unwinders(const void *control)
{
    Dl_info found;
    return dladdr(control, &found) != 0 && found.dli_fname && strstr(found.dli_fname, "/libgcc_s.so");
}

SHIM_EXPORT int pthread_once(pthread_once_t *control, void (*routine)(void))
{
    if (is_the_unwinders(control))
        return REAL(pthread_once)(control, routine);
    LIVE(live_once((int *)(void *)control, routine, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_once_run))
        return REAL(pthread_once)(control, routine);
    bool runs = once_enter(&step, control);
    int error = REAL(pthread_once)(control, routine);
    if (runs)
        step_close(&step, error, error);
    return error;
}

SHIM_EXPORT void call_once(once_flag *flag, void (*routine)(void))
{
    if (live_on()) {
        live_once((int *)(void *)flag, routine, LIVE_HERE);
        return;
    }
    struct step step;
    if (!step_begin(&step, OPERATION_once_run)) {
        REAL(call_once)(flag, routine);
        return;
    }
    bool runs = once_enter(&step, flag);
    REAL(call_once)(flag, routine);
    if (runs)
        step_close(&step, 0, 0);
}
