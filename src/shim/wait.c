/* Waiting for children: the kernel is asked without waiting; what is not there yet is waited for at the gate. */
#include "shim/live.h"
#include "shim/process.h"
#include "shim/signal.h"

#include <sys/resource.h>
#include <sys/wait.h>

/* One look: the pid, 0 if there is nothing yet, or a negative errno number. */
struct wait_form {
    idtype_t type;
    id_t id;   /* waitid */
    pid_t pid; /* wait4, and what is told of waitid */
    int options;
    bool by_id;
    int *status;
    siginfo_t *info;
    struct rusage *usage;
    int told; /* the wait status of what was found */
};

/* The wait status that wait(2) would give for what waitid(2) found. */
static int status_of(const siginfo_t *info)
{
    switch (info->si_code) {
    case CLD_EXITED:
        return (info->si_status & 0xFF) << 8;
    case CLD_KILLED:
        return info->si_status & 0x7F;
    case CLD_DUMPED:
        return (info->si_status & 0x7F) | 0x80;
    case CLD_CONTINUED:
        return 0xFFFF;
    default:
        return (info->si_status & 0xFF) << 8 | 0x7F;
    }
}

static long look(struct wait_form *form)
{
    if (!form->by_id) {
        long pid = SYSTEM(SYS_wait4, form->pid, &form->told, form->options | WNOHANG, form->usage);
        if (pid > 0 && form->status)
            *form->status = form->told;
        return pid;
    }
    siginfo_t info = {0};
    long result = SYSTEM(SYS_waitid, form->type, form->id, &info, form->options | WNOHANG, form->usage);
    if (result < 0)
        return result;
    if (form->info && (info.si_pid || form->options & WNOHANG))
        *form->info = info;
    form->told = status_of(&info);
    return info.si_pid;
}

/* The whole wait between asking and telling: as look(). */
static long wait_hold(struct step *step, struct wait_form *form)
{
    struct record_key key = key_of_process(form->pid > 0 ? form->pid : -1);
    for (enum grant_action grant = step_ask(step);; grant = step_block(step, &key)) {
        (void)grant;
        step_cancellation(step);
        long found = look(form);
        if (found != 0 || (form->options & WNOHANG))
            return found;
        if (step_must_end(step))
            return -EINTR;
    }
}

static long wait_told(struct step *step, struct wait_form *form)
{
    step->record.argument[0] = form->pid;
    step->record.argument[1] = form->options;
    if (form->pid > 0)
        step->record.object = key_of_process(form->pid);
    if (form->options & WNOHANG)
        step->record.flags |= RECORD_NONBLOCKING;
    long found = wait_hold(step, form);
    step->record.argument[1] = found > 0 ? form->told : 0;
    step->record.argument[2] = form->options;
    if (found > 0)
        step->record.object = key_of_process(found);
    step_result(step, found < 0 ? -1 : found, found < 0 ? (int)-found : 0);
    if (found < 0)
        errno = (int)-found;
    return found;
}

pid_t wait_step(pid_t pid, int *status, int options, struct rusage *usage, void *pc, void *frame)
{
    LIVE(live_wait(pid, status, options, usage, LIVE_AT(pc, frame)));
    struct step step;
    if (!step_begin_at(&step, OPERATION_process_wait, pc, frame))
        return REAL(wait4)(pid, status, options, usage);
    struct wait_form form = {.pid = pid, .options = options, .status = status, .usage = usage};
    long found = wait_told(&step, &form);
    return found < 0 ? -1 : (pid_t)found;
}

int wait_for_end(pid_t pid, void *pc, void *frame)
{
    int status = -1;
    pid_t found;
    do
        found = wait_step(pid, &status, 0, NULL, pc, frame);
    while (found < 0 && errno == EINTR);
    return found < 0 ? -1 : status;
}

#define HERE __builtin_return_address(0), __builtin_frame_address(0)

SHIM_EXPORT pid_t wait(int *status)
{
    return wait_step(-1, status, 0, NULL, HERE);
}

SHIM_EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
    return wait_step(pid, status, options, NULL, HERE);
}

SHIM_EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
    return wait_step(-1, status, options, usage, HERE);
}

SHIM_EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    return wait_step(pid, status, options, usage, HERE);
}

SHIM_EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    LIVE(live_waitid(type, id, info, options, LIVE_HERE));
    struct step step;
    if (!step_begin(&step, OPERATION_process_wait))
        return REAL(waitid)(type, id, info, options);
    struct wait_form form = {.type = type, .id = id, .options = options, .by_id = true, .info = info};
    form.pid = type == P_PID ? (pid_t)id : type == P_PGID ? -(pid_t)id : -1;
    return wait_told(&step, &form) < 0 ? -1 : 0;
}
