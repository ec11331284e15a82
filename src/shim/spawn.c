/* Programs started as children: posix_spawn, system, popen. The real posix_spawn makes the child (between its fork and
 * its exec no code of the guest runs), with our environment added; the new image arrives at its first gate by itself.
 * system and popen would wait inside the C library: they are put together from our own steps, by the rules of POSIX. */
#include "shim/process.h"
#include "shim/signal.h"

#include <alloca.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* ---- posix_spawn ---- */
struct arrival {
    pid_t pid;
    uint32_t looks;
};

#define ARRIVAL_LOOKS 250u /* of 20 ms: a program that has not reported by then will not */

static bool arrives(const void *context)
{
    struct arrival *arrival = (struct arrival *)(uintptr_t)context;
    return ++arrival->looks < ARRIVAL_LOOKS && process_alive(&arrival->pid);
}

static void unobserved_note(uint32_t slot, pid_t pid, const char *why)
{
    struct record note;
    shim_record_init(&note, RECORD_NOTE, OPERATION_process_spawn);
    note.object = key_of_process(pid);
    note.value = 1;
    note.argument[0] = slot;
    note.argument[1] = pid;
    shim_append(&note, why, strlen(why) + 1);
}

static int spawn_real(const struct spawn_request *request, const posix_spawnattr_t *attributes,
                      char *const environment[], pid_t *pid)
{
    if (request->search)
        return REAL(posix_spawnp)(pid, request->program, request->actions, attributes, request->arguments, environment);
    return REAL(posix_spawn)(pid, request->program, request->actions, attributes, request->arguments, environment);
}

/* The guest's attributes, with its own signal mask said outright (the shim's is in force now), and without priorities,
 * which are the model's. */
static void attributes_copy(posix_spawnattr_t *copy, const struct spawn_request *request, struct step *step)
{
    short flags = 0;
    if (request->attributes)
        memcpy(copy, request->attributes, sizeof *copy);
    else
        posix_spawnattr_init(copy);
    posix_spawnattr_getflags(copy, &flags);
    flags = (short)(flags & ~(POSIX_SPAWN_SETSCHEDPARAM | POSIX_SPAWN_SETSCHEDULER));
    if (!(flags & POSIX_SPAWN_SETSIGMASK)) {
        sigset_t mask;
        signal_mask_take(step);
        signal_set(&mask, step->old_mask);
        posix_spawnattr_setsigmask(copy, &mask);
        flags = (short)(flags | POSIX_SPAWN_SETSIGMASK);
    }
    posix_spawnattr_setflags(copy, flags);
}

int spawn_step(const struct spawn_request *request, pid_t *pid, void *pc, void *frame)
{
    struct step step;
    pid_t child = 0;
    if (!step_begin_at(&step, OPERATION_process_spawn, pc, frame)) {
        int failed = spawn_real(request, request->attributes, request->environment, &child);
        if (failed == 0 && pid)
            *pid = child;
        return failed;
    }
    step_text(request->program ? request->program : "");
    if (step_ask(&step) == GRANT_RESULT) {
        int refused = (int)step.grant_result;
        step_result(&step, refused, refused);
        return refused;
    }
    uint32_t slot = step.grant_slot;
    const char *why = exec_unobserved(AT_FDCWD, request->program, request->search);
    posix_spawnattr_t attributes;
    attributes_copy(&attributes, request, &step);
    size_t size = exec_environment_size(request->environment);
    int error = spawn_real(request, &attributes, exec_environment(alloca(size), request->environment, slot), &child);
    if (error == 0) {
        struct arrival arrival = {.pid = child};
        if (pid)
            *pid = child;
        step.record.object = key_of_process(child);
        if (!why)
            shim_wait_arrival(slot, arrives, &arrival);
        if (!why && arrival.looks >= ARRIVAL_LOOKS)
            why = "it never reported";
        if (why)
            unobserved_note(slot, child, why);
    }
    step_result(&step, error ? error : child, error);
    return error;
}

#define HERE __builtin_return_address(0), __builtin_frame_address(0)

static int spawn_and_resume(const struct spawn_request *request, pid_t *pid, void *pc, void *frame)
{
    int error = spawn_step(request, pid, pc, frame);
    if (error == 0)
        process_resume(pc, frame);
    return error;
}

SHIM_EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                            const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
    struct spawn_request request = {.program = path,
                                    .actions = actions,
                                    .attributes = attributes,
                                    .arguments = arguments,
                                    .environment = environment};
    return spawn_and_resume(&request, pid, HERE);
}

SHIM_EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                             const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
    struct spawn_request request = {.program = file,
                                    .search = true,
                                    .actions = actions,
                                    .attributes = attributes,
                                    .arguments = arguments,
                                    .environment = environment};
    return spawn_and_resume(&request, pid, HERE);
}

/* ---- system (XSH system): SIGINT and SIGQUIT ignored, SIGCHLD blocked while the command runs ---- */
static struct sigaction kept_int, kept_quit;
static unsigned systems; /* calls of system() in progress, in all threads */

static void terminal_signals_ignore(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (systems++ > 0)
        return;
    signal_action_set(SIGINT, &ignore, &kept_int);
    signal_action_set(SIGQUIT, &ignore, &kept_quit);
}

static void terminal_signals_restore(void)
{
    if (--systems > 0)
        return;
    signal_action_set(SIGINT, &kept_int, NULL);
    signal_action_set(SIGQUIT, &kept_quit, NULL);
}

static int shell_spawn(const char *command, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, pid_t *pid, void *pc, void *frame)
{
    char *arguments[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)command, NULL};
    struct spawn_request request = {.program = "/bin/sh",
                                    .actions = actions,
                                    .attributes = attributes,
                                    .arguments = arguments,
                                    .environment = environ};
    return spawn_step(&request, pid, pc, frame);
}

static int system_run(const char *command, void *pc, void *frame)
{
    sigset_t child, before, defaults;
    posix_spawnattr_t attributes;
    pid_t pid = 0;
    terminal_signals_ignore();
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    /* Where a handler could run the mask is a step, so that the model knows it; else nobody can notice. */
    bool told = (shim_process.handled & signal_bit(SIGCHLD)) != 0;
    if (told)
        signal_mask_step(SIG_BLOCK, &child, &before, pc, frame);
    else
        REAL(pthread_sigmask)(SIG_BLOCK, &child, &before);
    sigemptyset(&defaults);
    if (kept_int.sa_handler != SIG_IGN)
        sigaddset(&defaults, SIGINT);
    if (kept_quit.sa_handler != SIG_IGN)
        sigaddset(&defaults, SIGQUIT);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &before);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    int error = shell_spawn(command, NULL, &attributes, &pid, pc, frame);
    int status = error == 0                           ? wait_for_end(pid, pc, frame)
                 : error == EAGAIN || error == ENOMEM ? -1
                                                      : 127 << 8; /* as if the shell had ended by _exit(127) */
    int saved = error ? error : errno;
    terminal_signals_restore();
    if (told)
        signal_mask_step(SIG_SETMASK, &before, NULL, pc, frame);
    else
        REAL(pthread_sigmask)(SIG_SETMASK, &before, NULL);
    if (status == -1)
        errno = saved;
    return status;
}

SHIM_EXPORT int system(const char *command)
{
    if (!signal_kept() || !shim_self.slot || shim_self.busy || !*shim_alive)
        return REAL(system)(command);
    if (!command)
        return SYSTEM(SYS_faccessat, AT_FDCWD, "/bin/sh", X_OK) == 0;
    return system_run(command, HERE);
}

/* ---- popen ---- */
#define POPEN_MAX 64u

static struct {
    FILE *stream;
    pid_t pid;
} opened[POPEN_MAX];

static int popen_place(void)
{
    for (unsigned i = 0; i < POPEN_MAX; i++)
        if (!opened[i].stream)
            return (int)i;
    return -1;
}

/* What of popen's mode: 'r' or 'w' once, 'e' as often as one likes; 0: malformed. */
static char popen_mode(const char *mode, bool *close_on_exec)
{
    char direction = 0;
    for (; *mode; mode++) {
        if (*mode == 'e')
            *close_on_exec = true;
        else if (!direction && (*mode == 'r' || *mode == 'w'))
            direction = *mode;
        else
            return 0;
    }
    return direction;
}

static int popen_spawn(const char *command, bool reads, const int ends[2], pid_t *pid, void *pc, void *frame)
{
    posix_spawn_file_actions_t actions;
    int inner = ends[reads ? 1 : 0], wanted = reads ? 1 : 0;
    posix_spawn_file_actions_init(&actions);
    /* dup2 onto itself clears close-on-exec (posix_spawn_file_actions_adddup2(3)) */
    int error = posix_spawn_file_actions_adddup2(&actions, inner, wanted);
    for (unsigned i = 0; i < POPEN_MAX && error == 0; i++)
        if (opened[i].stream && fileno(opened[i].stream) != wanted)
            error = posix_spawn_file_actions_addclose(&actions, fileno(opened[i].stream));
    if (error == 0)
        error = shell_spawn(command, &actions, NULL, pid, pc, frame);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

SHIM_EXPORT FILE *popen(const char *command, const char *mode)
{
    if (!signal_kept() || !shim_self.slot || shim_self.busy || !*shim_alive)
        return REAL(popen)(command, mode);
    bool close_on_exec = false;
    char direction = popen_mode(mode, &close_on_exec);
    int place = popen_place();
    if (!direction || place < 0) {
        errno = direction ? EMFILE : EINVAL;
        return NULL;
    }
    int ends[2];
    long made = SYSTEM(SYS_pipe2, ends, O_CLOEXEC);
    if (made < 0) {
        errno = (int)-made;
        return NULL;
    }
    bool reads = direction == 'r';
    int outer = ends[reads ? 0 : 1], inner = ends[reads ? 1 : 0];
    char plain[] = {direction, 0};
    FILE *stream = fdopen(outer, plain);
    pid_t pid = 0;
    int error = stream ? popen_spawn(command, reads, ends, &pid, HERE) : errno;
    SYSTEM(SYS_close, inner);
    if (error) {
        if (stream)
            fclose(stream);
        else
            SYSTEM(SYS_close, outer);
        errno = error;
        return NULL;
    }
    if (!close_on_exec)
        SYSTEM(SYS_fcntl, outer, F_SETFD, 0);
    opened[place].stream = stream;
    opened[place].pid = pid;
    return stream;
}

SHIM_EXPORT int pclose(FILE *stream)
{
    for (unsigned i = 0; i < POPEN_MAX; i++)
        if (opened[i].stream == stream) {
            pid_t pid = opened[i].pid;
            opened[i].stream = NULL;
            fclose(stream);
            return wait_for_end(pid, HERE);
        }
    return REAL(pclose)(stream);
}
