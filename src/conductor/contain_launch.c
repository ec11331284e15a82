/* F's side of the making of I: one clone for all namespaces, the map of user ids, the wait for the answer, and the
 * undoing of each of these. Knows nothing of terminals or programs.
 * Every failure path closes what it opened and resets it: an old pidfd left in place once sent a kill to a stranger. */
#include "conductor/contain_launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LAUNCH_READY_MILLISECONDS = 10000, LAUNCH_UNDO_MILLISECONDS = 2000 };

/* struct clone_args of linux/sched.h, as of its first version, which all kernels with clone3 take. */
struct launch_clone_arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

static long long launch_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void launch_close(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

void contain_launch_clear(struct contain_launch *launch)
{
    *launch = (struct contain_launch){.pidfd = -1, .leash = -1, .control = -1, .reports = -1};
    for (int i = 0; i < INIT_DESCRIPTORS; i++)
        launch->given[i] = -1;
}

void contain_launch_close(struct contain_launch *launch)
{
    launch_close(&launch->pidfd);
    launch_close(&launch->leash);
    launch_close(&launch->control);
    launch_close(&launch->reports);
    for (int i = 0; i < INIT_DESCRIPTORS; i++)
        launch_close(&launch->given[i]);
}

/* Moves a descriptor above 2, where I puts other things. */
static bool launch_raise(int *descriptor)
{
    if (*descriptor > 2)
        return true;
    int raised = fcntl(*descriptor, F_DUPFD_CLOEXEC, 3);
    if (raised < 0)
        return false;
    close(*descriptor);
    *descriptor = raised;
    return true;
}

/* A pipe: [0] to read, [1] to write. */
static bool launch_pipe(int *reading, int *writing)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    *reading = ends[0];
    *writing = ends[1];
    return launch_raise(reading) && launch_raise(writing);
}

/* The descriptors of both sides; `options` has I's. */
static bool launch_connect(struct contain_launch *launch, struct init_options *options)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return false;
    launch->control = pair[0];
    options->control = pair[1];
    if (!launch_raise(&launch->control) || !launch_raise(&options->control))
        return false;
    if (!launch_pipe(&options->leash, &launch->leash) || !launch_pipe(&launch->reports, &options->reports))
        return false;
    return fcntl(launch->reports, F_SETFL, O_NONBLOCK) == 0 && fcntl(options->reports, F_SETFL, O_NONBLOCK) == 0;
}

static void launch_close_theirs(struct init_options *options)
{
    launch_close(&options->control);
    launch_close(&options->leash);
    launch_close(&options->reports);
}

/* One clone with all namespaces at once: inside a first user namespace a guest could not get a second. All signals are
 * blocked around it, so that none of F's handlers ever runs in I. */
static pid_t launch_clone(struct contain_launch *launch, const struct init_options *options, unsigned long flags)
{
    struct launch_clone_arguments arguments = {
        .flags = flags | CLONE_PIDFD, .pidfd = (uintptr_t)&launch->pidfd, .exit_signal = SIGCHLD};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0 && errno == ENOSYS) /* what container run times answer, to say "use the old one" */
        pid = syscall(SYS_clone, flags | CLONE_PIDFD | SIGCHLD, NULL, &launch->pidfd, NULL, NULL);
    if (pid == 0)
        init_run(options);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid < 0)
        launch->pidfd = -1;
    errno = error;
    return (pid_t)pid;
}

static int launch_write_file(pid_t pid, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return errno;
    int error = write(file, text, strlen(text)) < 0 ? errno : 0;
    close(file);
    return error;
}

/* The identity: `id`, owners of files and $HOME stay right inside. Written by the parent, because on some systems
 * (Ubuntu's AppArmor rule) the child has no capability to do it. */
static int launch_map_users(pid_t init)
{
    char text[64];
    int error = launch_write_file(init, "setgroups", "deny");
    if (error && error != ENOENT) /* ENOENT: before Linux 3.19 */
        return error;
    snprintf(text, sizeof text, "%u %u 1", (unsigned)geteuid(), (unsigned)geteuid());
    error = launch_write_file(init, "uid_map", text);
    if (error)
        return error;
    snprintf(text, sizeof text, "%u %u 1", (unsigned)getegid(), (unsigned)getegid());
    return launch_write_file(init, "gid_map", text);
}

long contain_launch_receive(struct contain_launch *launch, void *record, size_t size, int *descriptors,
                            int milliseconds)
{
    for (int i = 0; i < INIT_DESCRIPTORS; i++)
        descriptors[i] = -1;
    long long end = launch_now() + milliseconds;
    struct pollfd watched = {.fd = launch->control, .events = POLLIN};
    for (;;) {
        long long left = end - launch_now();
        int ready = poll(&watched, 1, left > 0 ? (int)left : 0);
        if (ready > 0)
            break;
        if (ready == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        if (errno != EINTR)
            return -1;
    }
    struct iovec part = {.iov_base = record, .iov_len = size};
    union {
        char bytes[CMSG_SPACE(INIT_DESCRIPTORS * sizeof(int))];
        struct cmsghdr aligned;
    } control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    long length = recvmsg(launch->control, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length <= 0)
        return length;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(descriptors, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
    return length;
}

bool contain_launch_wait(struct contain_launch *launch, int milliseconds)
{
    if (launch->init <= 0)
        return true;
    long long end = launch_now() + milliseconds;
    for (;;) {
        pid_t pid = waitpid(launch->init, NULL, WNOHANG | __WALL);
        if (pid == launch->init || (pid < 0 && errno == ECHILD)) {
            launch->init = 0;
            launch_close(&launch->pidfd);
            return true;
        }
        long long left = end - launch_now();
        if (left <= 0)
            return false;
        struct pollfd watched = {.fd = launch->pidfd, .events = POLLIN};
        /* Without a pidfd (no descriptor was left) the wait is in small steps; it ends by waitpid() all the same. */
        poll(&watched, launch->pidfd >= 0 ? 1 : 0, launch->pidfd >= 0 ? (int)left : 1);
    }
}

bool contain_launch_end(struct contain_launch *launch, bool by_signal, int milliseconds)
{
    launch_close(&launch->leash);
    if (launch->init > 0 && by_signal) {
        /* The number is ours until we collect it, so the second way hits nobody else. */
        if (launch->pidfd < 0 || syscall(SYS_pidfd_send_signal, launch->pidfd, SIGKILL, NULL, 0) < 0)
            kill(launch->init, SIGKILL);
    }
    return contain_launch_wait(launch, milliseconds);
}

/* Always closes the socket first: an I that has not been told to go on ends by that. */
static int launch_undo(struct contain_launch *launch, unsigned long flags, int error)
{
    struct init_ready ready = launch->ready;
    launch_close(&launch->control);
    /* Without a process namespace I must be left alive to sweep. */
    if (!contain_launch_end(launch, (flags & CLONE_NEWPID) != 0, LAUNCH_UNDO_MILLISECONDS))
        contain_launch_end(launch, true, LAUNCH_UNDO_MILLISECONDS);
    contain_launch_close(launch);
    contain_launch_clear(launch);
    launch->ready = ready;
    return error ? error : EIO;
}

/* Whether the errno of a clone means "not in this way here", not "not now". */
static bool launch_is_refusal(int error)
{
    return error == EPERM || error == EACCES || error == ENOSYS || error == ENOSPC || error == EUSERS ||
           error == EINVAL || error == ENOENT || error == EROFS;
}

int contain_launch(struct contain_launch *launch, struct init_options *options, unsigned long flags, bool *refused)
{
    *refused = false;
    contain_launch_clear(launch);
    options->control = options->leash = options->reports = -1;
    if (!launch_connect(launch, options)) {
        int error = errno;
        launch_close_theirs(options);
        return launch_undo(launch, flags, error);
    }
    pid_t init = launch_clone(launch, options, flags);
    int error = init < 0 ? errno : 0;
    launch_close_theirs(options);
    launch->init = init < 0 ? 0 : init;
    if (!error && (flags & CLONE_NEWUSER))
        error = launch_map_users(init);
    if (error) {
        *refused = flags != 0 && launch_is_refusal(error);
        return launch_undo(launch, flags, error);
    }
    if (send(launch->control, "g", 1, MSG_NOSIGNAL) != 1)
        return launch_undo(launch, flags, errno);
    long length =
        contain_launch_receive(launch, &launch->ready, sizeof launch->ready, launch->given, LAUNCH_READY_MILLISECONDS);
    if (length != (long)sizeof launch->ready) {
        error = length < 0 ? errno : ECHILD;
        launch->ready = (struct init_ready){0};
        return launch_undo(launch, flags, error);
    }
    if (launch->ready.error)
        return launch_undo(launch, flags, launch->ready.error);
    return 0;
}
