/* Processes: fork in its forms, daemon, and the ends: exit, quick_exit, abort. The child waits at its first gate before
 * it runs a line of the guest's code. Programs are started in exec.c and spawn.c, collected in wait.c. */
#include "shim/process.h"
#include "shim/live.h"

#include "shim/sched.h"
#include "shim/signal.h"
#include "shim/timer.h"

#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t started;

int64_t process_started(void)
{
    return started;
}

/* ---- the end ---- */
void process_bye(void)
{
    if (!shim_self.slot)
        return;
    struct record bye;
    shim_record_init(&bye, RECORD_BYE, OPERATION_none);
    bye.value = shim_self.slot->sequence;
    shim_append(&bye, NULL, 0);
    shim_flush();
}

/* Asks for process.exit with this status: the last thing that a process tells. */
static void exit_step(int status, void *pc)
{
    struct shim_thread *self = &shim_self;
    self->ended = false; /* the last thread of all ends the process after its own end (pthread_exit(3)) */
    self->busy = 0;
    if (live_on()) {
        live_process_exit(status, (struct live_place){.pc = (uint64_t)(uintptr_t)pc});
        return;
    }
    struct step step;
    if (!step_begin_at(&step, OPERATION_process_exit, pc, __builtin_frame_address(0)))
        return;
    step.record.object = key_of_process(shim_process.pid);
    step.record.argument[0] = status & 0xFF;
    step_ask(&step);
    process_bye();
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

static int quick_status;

static void on_quick_exit(void)
{
    exit_step(quick_status, NULL);
}

void shim_process_start(void)
{
    started = time_now();
    on_exit(on_process_exit, NULL);
    at_quick_exit(on_quick_exit);
    if (!shim_process.live)
        signal_start();
}

SHIM_EXPORT _Noreturn void _exit(int status)
{
    exit_step(status, __builtin_return_address(0));
    for (;;)
        SYSTEM(SYS_exit_group, status);
}

SHIM_EXPORT _Noreturn void _Exit(int status)
{
    exit_step(status, __builtin_return_address(0));
    for (;;)
        SYSTEM(SYS_exit_group, status);
}

SHIM_EXPORT _Noreturn void quick_exit(int status)
{
    quick_status = status;
    REAL(quick_exit)(status);
    __builtin_unreachable();
}

/* abort sends SIGABRT, which a handler may catch (a step of its own then), and ends the process in any case. */
SHIM_EXPORT _Noreturn void abort(void)
{
    struct step step;
    if (step_begin(&step, OPERATION_signal_send)) {
        step.record.object = key_of_slot(shim_self.index);
        step.record.argument[0] = SIGABRT;
        step.record.argument[1] = shim_process.pid;
        step_ask(&step);
        if (shim_process.handled & signal_bit(SIGABRT))
            step_result(&step, 0, 0);
        else
            step_drop(&step);
        shim_flush();
    }
    REAL(abort)();
    __builtin_unreachable();
}

/* ---- fork ---- */
bool process_alive(const void *context)
{
    /* A child that died before its first gate is a zombie by now: signal 0 reaches it still, its state tells. */
    siginfo_t info = {0};
    pid_t pid = *(const pid_t *)context;
    return !(SYSTEM(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT, NULL) == 0 && info.si_pid == pid);
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
    started = time_now();
    shim_threads_after_fork();
    timer_after_fork();
    shim_hello(parent, false);
    shim_task_start(index, OPERATION_process_start);
}

/* The parent of a vfork goes on when the child has exec'ed or ended, and not for a signal (vfork(2)). */
static void vfork_hold(struct step *step)
{
    struct record_key key = step->record.object;
    do {
        step->interrupted = false;
        step_block(step, &key);
    } while (step->interrupted);
}

void process_resume(void *pc, void *frame)
{
    struct step step;
    if (!step_begin_at(&step, OPERATION_thread_resume, pc, frame))
        return;
    step_ask(&step);
    step_drop(&step);
}

pid_t process_fork(enum operation operation, pid_t (*real)(void), void *pc, void *frame)
{
    LIVE(live_fork(operation, real, LIVE_AT(pc, frame)));
    struct step step;
    if (!step_begin_at(&step, operation, pc, frame))
        return real();
    if (step_ask(&step) == GRANT_RESULT) {
        int refused = (int)step.grant_result;
        step_result(&step, -1, refused);
        errno = refused;
        return -1;
    }
    int32_t parent = shim_process.pid;
    uint32_t index = step.grant_slot, before = shim_self.index;
    pid_t pid = real();
    if (pid == 0) {
        sched_after_fork(before, index);
        child_start(index, parent);
        if (step.masked)
            system_mask(SIG_SETMASK, &step.old_mask, NULL);
        errno = step.saved_errno;
        return 0;
    }
    int error = pid < 0 ? errno : 0;
    if (pid > 0) {
        shim_wait_arrival(index, process_alive, &pid);
        step.record.object = key_of_process(pid);
        if (operation == OPERATION_process_vfork)
            vfork_hold(&step);
    }
    step_result(&step, pid, error);
    if (pid > 0 && operation == OPERATION_process_fork)
        process_resume(pc, frame);
    if (error)
        errno = error;
    return pid;
}

SHIM_EXPORT pid_t fork(void)
{
    return process_fork(OPERATION_process_fork, shim_real.fork ? shim_real.fork : (shim_bind(), shim_real.fork),
                        __builtin_return_address(0), __builtin_frame_address(0));
}

SHIM_EXPORT pid_t _Fork(void)
{
    return process_fork(OPERATION_process_fork, shim_real._Fork ? shim_real._Fork : (shim_bind(), shim_real._Fork),
                        __builtin_return_address(0), __builtin_frame_address(0));
}

/* A real vfork cannot be wrapped (two returns on one stack), and a child that shares our memory could not be held: it
 * is a fork. */
SHIM_EXPORT pid_t vfork(void)
{
    return process_fork(OPERATION_process_vfork, shim_real._Fork ? shim_real._Fork : (shim_bind(), shim_real._Fork),
                        __builtin_return_address(0), __builtin_frame_address(0));
}

/* daemon(3): the C library's own forks inside itself, where nobody sees it. */
SHIM_EXPORT int daemon(int keep_folder, int keep_streams)
{
    if (!signal_kept())
        return REAL(daemon)(keep_folder, keep_streams);
    pid_t pid = process_fork(OPERATION_process_fork, shim_real.fork ? shim_real.fork : (shim_bind(), shim_real.fork),
                             __builtin_return_address(0), __builtin_frame_address(0));
    if (pid < 0)
        return -1;
    if (pid > 0)
        _exit(0);
    if (setsid() < 0)
        return -1;
    if (!keep_folder)
        (void)!chdir("/");
    if (keep_streams)
        return 0;
    long null = SYSTEM(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
    if (null < 0) {
        errno = (int)-null;
        return -1;
    }
    for (int stream = 0; stream < 3; stream++)
        if (null != stream)
            SYSTEM(SYS_dup3, null, stream, 0);
    if (null > 2)
        SYSTEM(SYS_close, null);
    return 0;
}

/* ---- a process that gives up system calls ---- */

/* After SECCOMP_MODE_STRICT any system call but four kills the thread (seccomp(2)), and waiting at a gate needs others:
 * the process is let go, and said to run unobserved. */
SHIM_EXPORT int prctl(int option, ...)
{
    va_list list;
    va_start(list, option);
    unsigned long a = va_arg(list, unsigned long), b = va_arg(list, unsigned long), c = va_arg(list, unsigned long),
                  d = va_arg(list, unsigned long);
    va_end(list);
    if (option == PR_SET_SECCOMP && a == SECCOMP_MODE_STRICT && shim_self.slot && !shim_process.live) {
        shim_note(OPERATION_process_start, 1, "it gave up system calls (seccomp)");
        shim_flush();
        *shim_alive = 0; /* from here on every call passes through */
    }
    return REAL(prctl)(option, a, b, c, d);
}
