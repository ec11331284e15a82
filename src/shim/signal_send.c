/* Signals: sending. The real call is made with the guest's handlers closed out, so that a signal to oneself is handled
 * after the sending has been told, as a step of its own. A default action strikes at once. */
#include "shim/signal.h"

#define HERE __builtin_return_address(0), __builtin_frame_address(0)

/* argument[0] = signal, [1] = process id as in kill(2) (0, -1 and negative: groups), [2] = thread id or 0.
 * The object is the task where its slot is known, else the process. */
static bool send_begin(struct step *step, int number, int64_t pid, int64_t tid, void *pc, void *frame)
{
    if (!step_begin_at(step, OPERATION_signal_send, pc, frame))
        return false;
    step->record.argument[0] = number;
    step->record.argument[1] = pid;
    step->record.argument[2] = tid;
    if (tid && tid == shim_self.tid)
        step->record.object = key_of_slot(shim_self.index);
    else if (pid > 0)
        step->record.object = key_of_process(pid);
    return true;
}

static void send_begun(struct step *step)
{
    step_ask(step);
    signal_mask_take(step); /* a handler may be younger than the question */
}

static int send_end(struct step *step, int result)
{
    int error = result < 0 ? errno : 0;
    step_result(step, result, error);
    if (error)
        errno = error;
    return result;
}

SHIM_EXPORT int kill(pid_t pid, int number)
{
    struct step step;
    if (!send_begin(&step, number, pid, 0, HERE))
        return REAL(kill)(pid, number);
    send_begun(&step);
    return send_end(&step, REAL(kill)(pid, number));
}

SHIM_EXPORT int killpg(pid_t group, int number)
{
    struct step step;
    if (group < 0 || !send_begin(&step, number, -(int64_t)group, 0, HERE))
        return REAL(killpg)(group, number);
    send_begun(&step);
    return send_end(&step, REAL(killpg)(group, number));
}

SHIM_EXPORT int raise(int number)
{
    struct step step;
    if (!send_begin(&step, number, shim_process.pid, shim_self.tid, HERE))
        return REAL(raise)(number);
    send_begun(&step);
    return send_end(&step, REAL(raise)(number));
}

SHIM_EXPORT int tgkill(pid_t pid, pid_t tid, int number)
{
    struct step step;
    if (!send_begin(&step, number, pid, tid, HERE))
        return REAL(tgkill)(pid, tid, number);
    send_begun(&step);
    return send_end(&step, REAL(tgkill)(pid, tid, number));
}

SHIM_EXPORT int sigqueue(pid_t pid, int number, const union sigval value)
{
    struct step step;
    if (!send_begin(&step, number, pid, 0, HERE))
        return REAL(sigqueue)(pid, number, value);
    send_begun(&step);
    return send_end(&step, REAL(sigqueue)(pid, number, value));
}

static void thread_begun(struct step *step, pthread_t thread)
{
    uint32_t slot = shim_thread_slot(thread);
    if (slot < GATE_SLOTS) {
        step->record.object = key_of_slot(slot);
        step->record.argument[2] = shim_process.gate->slot[slot].tid;
    }
    send_begun(step);
}

/* These two return the error number. */
static int thread_end(struct step *step, int error)
{
    step_result(step, error, error);
    return error;
}

SHIM_EXPORT int pthread_kill(pthread_t thread, int number)
{
    struct step step;
    if (!send_begin(&step, number, shim_process.pid, 0, HERE))
        return REAL(pthread_kill)(thread, number);
    thread_begun(&step, thread);
    return thread_end(&step, REAL(pthread_kill)(thread, number));
}

SHIM_EXPORT int pthread_sigqueue(pthread_t thread, int number, const union sigval value)
{
    struct step step;
    if (!send_begin(&step, number, shim_process.pid, 0, HERE))
        return REAL(pthread_sigqueue)(thread, number, value);
    thread_begun(&step, thread);
    return thread_end(&step, REAL(pthread_sigqueue)(thread, number, value));
}
