/* From fork to exec: what is taken from the guest's process before it becomes the guest. Every step that protects
 * others from it is checked; what it cannot be given is reported with its stage and errno, on the exec pipe.
 * A copy of a threaded process until the exec: raw calls only, no heap, no stdio. */
#include "conductor/contain_filter.h"
#include "conductor/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { GUEST_STATUS_DESCRIPTOR = 3, GUEST_DESCRIPTORS = 1024 };

static void guest_fail(int descriptor, enum init_stage stage, int error) __attribute__((noreturn));
static void guest_fail(int descriptor, enum init_stage stage, int error)
{
    struct init_failure failure = {.stage = (int32_t)stage, .error = error};
    if (write(descriptor, &failure, sizeof failure) != (long)sizeof failure)
        _exit(126);
    _exit(127);
}

/* Lowers the soft limit to `limit`, and the hard one too if asked. */
static void guest_limit(int resource, rlim_t limit, bool hard)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)resource, &now) < 0)
        return;
    if (now.rlim_max == RLIM_INFINITY || now.rlim_max >= limit) {
        now.rlim_cur = limit;
        if (hard)
            now.rlim_max = limit;
    } else {
        now.rlim_cur = now.rlim_max;
    }
    setrlimit((__rlimit_resource_t)resource, &now);
}

static void guest_set_limits(const struct init_options *options)
{
    guest_limit(RLIMIT_CORE, 0, true);
    guest_limit(RLIMIT_FSIZE, (rlim_t)1 << 30, false);
    guest_limit(RLIMIT_NOFILE, GUEST_DESCRIPTORS, false);
    /* The kernel places mappings below the largest stack: a fixed limit keeps addresses the same between shells. */
    guest_limit(RLIMIT_STACK, (rlim_t)8 << 20, false);
    if (options->tasks > 0)
        guest_limit(RLIMIT_NPROC, (rlim_t)options->tasks, true);
    /* If memory runs out, the guest is to go and nobody else. Its own /proc files belong to root while it counts as
     * not dumpable, which it has from I. */
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        if (write(file, "1000", 4) != 4) {
            /* Some systems forbid it; the guest is then chosen by its size like all others. */
        }
        close(file);
    }
}

/* No capability now, none after any exec, whoever the user is. */
static int guest_drop_privileges(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return errno;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    if (syscall(SYS_capget, &header, data) < 0)
        return errno;
    bool any = (data[0].permitted | data[1].permitted) != 0;
    bool may_drop = (data[0].effective & (1u << CAP_SETPCAP)) != 0;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    for (unsigned capability = 0; may_drop && capability < 64; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            break; /* EINVAL: past the last one that this kernel knows */
    if (!any)
        return 0;
    data[0] = data[1] = (struct __user_cap_data_struct){0};
    return syscall(SYS_capset, &header, data) < 0 ? errno : 0;
}

static void guest_default_signals(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++)
        sigaction(signal, &standard, NULL); /* refused for KILL, STOP and the C library's own two */
    /* The C library hides 32 and 33 from sigaction(); F may have ignored or handled them by raw calls, never the rest. */
}

/* 0, 1, 2 and the exec pipe at 3; the streams are all above 2 (I saw to that). */
static bool guest_arrange_descriptors(const struct init_guest *guest)
{
    for (int i = 0; i < 3; i++)
        if (dup2(guest->streams[i], i) < 0)
            return false;
    if (guest->exec_status != GUEST_STATUS_DESCRIPTOR &&
        dup3(guest->exec_status, GUEST_STATUS_DESCRIPTOR, O_CLOEXEC) < 0)
        return false;
    return syscall(SYS_close_range, GUEST_STATUS_DESCRIPTOR + 1, ~0U, 0) == 0;
}

static const char *guest_directory(const struct init_options *options, bool fresh)
{
    return options->fresh_mount && !fresh ? options->spare_directory : options->working_directory;
}

/* I leads the session, as a shell would; the first guest leads the group in the foreground. Were it the session's leader,
 * its end would send SIGHUP to the children that it leaves behind, which no shell's child does. Another program joins it,
 * as in a pipeline, so that both may read from the terminal. */
static void guest_join_group(pid_t wanted)
{
    if (wanted > 0 && setpgid(0, wanted) == 0)
        return;
    setpgid(0, 0);
    pid_t group = getpid();
    ioctl(0, TIOCSPGRP, &group); /* fails without a controlling terminal, which I has reported; TTOU is blocked here */
}

void init_guest_run(const struct init_options *options, const struct init_guest *guest)
{
    pid_t parent = getppid();
    prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
    if (guest->entry >= 0 && setns(guest->entry, CLONE_NEWNET) < 0)
        guest_fail(guest->exec_status, INIT_STAGE_NETWORK, errno);
    if (!guest_arrange_descriptors(guest))
        guest_fail(guest->exec_status, INIT_STAGE_STREAMS, errno);
    guest_join_group(guest->group);
    const char *directory = guest_directory(options, guest->fresh);
    if (directory && chdir(directory) < 0)
        guest_fail(GUEST_STATUS_DESCRIPTOR, INIT_STAGE_DIRECTORY, errno);
    guest_set_limits(options);
    int error = guest_drop_privileges();
    if (error)
        guest_fail(GUEST_STATUS_DESCRIPTOR, INIT_STAGE_PRIVILEGES, error);
    if (!options->own_processes && (error = contain_filter_install(parent)) != 0)
        guest_fail(GUEST_STATUS_DESCRIPTOR, INIT_STAGE_FILTER, error);
    guest_default_signals();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(guest->program->path, guest->program->argv, guest->program->envp);
    guest_fail(GUEST_STATUS_DESCRIPTOR, INIT_STAGE_EXEC, errno);
}
