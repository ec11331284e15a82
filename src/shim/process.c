/* Processes: fork, exit. The child waits at its first gate before it runs a line of the guest's code. */
#include "shim/shim.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- the end ---- */

/* Asks for process.exit with this status: the last thing that a process tells. */
static void exit_step(int status, void *pc)
{
    struct shim_thread *self = &shim_self;
    self->ended = false; /* the last thread of all ends the process after its own end (pthread_exit(3)) */
    self->busy = 0;
    struct step step;
    if (!step_begin_at(&step, OPERATION_process_exit, pc, __builtin_frame_address(0)))
        return;
    step.record.object = key_of_process(shim_process.pid);
    step.record.argument[0] = status & 0xFF;
    step_ask(&step);
    self->ended = true;
    step_drop(&step);
}

/* Registered before all others, so it runs after all others: after the guest's own handlers and destructors. What is
 * still in stdio's buffers is written within the step. */
static void on_process_exit(int status, void *unused)
{
    (void)unused;
    exit_step(status, NULL);
}

void shim_process_start(void)
{
    on_exit(on_process_exit, NULL);
}

SHIM_EXPORT _Noreturn void _exit(int status)
{
    exit_step(status, __builtin_return_address(0));
    for (;;)
        SYSTEM(SYS_exit_group, status);
}

/* ---- fork ---- */
static bool process_alive(const void *context)
{
    /* A child that died before its first gate is a zombie by now: signal 0 reaches it still, its state tells. */
    siginfo_t info = {0};
    pid_t pid = *(const pid_t *)context;
    return !(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid);
}

static void child_start(uint32_t index, int32_t parent)
{
    struct shim_thread *self = &shim_self;
    *shim_alive = 1;
    shim_process.pid = (int32_t)SYSTEM(SYS_getpid, 0);
    shim_process.tasks_ever = 1;
    self->slot = &shim_process.gate->slot[index];
    self->index = index;
    self->tid = shim_process.pid;
    self->exit_round = 0;
    shim_threads_after_fork();
    shim_hello(parent, false);
    shim_task_start(index, OPERATION_process_start);
}

SHIM_EXPORT pid_t fork(void)
{
    struct step step;
    if (!step_begin(&step, OPERATION_process_fork))
        return REAL(fork)();
    if (step_ask(&step) == GRANT_RESULT) {
        int refused = (int)step.grant_result;
        step_result(&step, -1, refused);
        errno = refused;
        return -1;
    }
    int32_t parent = shim_process.pid;
    uint32_t index = step.grant_slot;
    pid_t pid = REAL(fork)();
    if (pid == 0) {
        uint64_t mask = step.old_mask;
        bool masked = step.masked;
        child_start(index, parent);
        if (masked)
            system_mask(SIG_SETMASK, &mask, NULL);
        errno = step.saved_errno;
        return 0;
    }
    int error = pid < 0 ? errno : 0;
    if (pid > 0) {
        shim_wait_arrival(index, process_alive, &pid);
        step.record.object = key_of_process(pid);
    }
    step_result(&step, pid, error);
    if (error)
        errno = error;
    return pid;
}
