/* I, the init of the guests: process 1 of their namespaces (or, where those are refused, an ordinary subreaper). It
 * prepares the place, collects the dead and reports them, and on request starts programs, opens pidfds and sends signals. It goes when its leash goes: then the kernel ends the whole namespace, and the fallback sweeps.
 * Cloned from a process that may have threads: raw calls only, no heap, no stdio, no lock. Must never block on
 * anything but poll(): a guest's behaviour must not hold it up, nor lockstep's slowness. */
#include "conductor/init.h"
#include "conductor/contain_sweep.h"
#include "conductor/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INIT_REAP_AT_ONCE = 64 };

struct init {
    const struct init_options *options;
    int proc;                   /* /proc, for F and for the sweep; -1 if it cannot be opened */
    int signals;                /* signalfd of SIGCHLD */
    int streams[3];             /* the guests' ends of the terminals or the pipe */
    int entries[NETWORK_HOSTS]; /* of two hosts: their network namespaces; else -1 */
    bool fresh;
    pid_t first;               /* the process of the first program; 0: not started yet, -1: it has been collected */
    pid_t group;               /* its process group */
    struct init_report report; /* collected, but not yet written: the pipe was full */
    bool report_waits, more_to_collect;
};

/* The end of everything below. As process 1 the exit itself does it. */
static void init_end(struct init *init) __attribute__((noreturn));
static void init_end(struct init *init)
{
    if (!init->options->own_processes)
        contain_sweep(init->proc, CONTAIN_SWEEP_ALL, -1);
    _exit(0);
}

static bool init_leash_gone(const struct init_options *options)
{
    struct pollfd leash = {.fd = options->leash};
    return poll(&leash, 1, 0) != 0;
}

/* Keeps only our own descriptors. Among the others are the writing ends of this leash and of other runs' leashes,
 * which would keep their guests alive past lockstep. 0 to 2 become harmless: F's standard output may be a pipe whose
 * reader waits for its end. */
static void init_keep_descriptors(const struct init_options *options)
{
    int keep[] = {options->control, options->leash, options->reports};
    enum { KEEP = sizeof keep / sizeof *keep };
    for (int i = 1; i < KEEP; i++)
        for (int j = i; j > 0 && keep[j] < keep[j - 1]; j--) {
            int other = keep[j];
            keep[j] = keep[j - 1];
            keep[j - 1] = other;
        }
    unsigned next = 3;
    for (int i = 0; i < KEEP; i++) {
        if ((unsigned)keep[i] > next)
            syscall(SYS_close_range, next, (unsigned)keep[i] - 1, 0);
        next = (unsigned)keep[i] + 1;
    }
    syscall(SYS_close_range, next, ~0U, 0);
    for (int i = 0; i < 3; i++)
        dup2(options->leash, i);
}

/* Sends a record with descriptors. False if F is gone or does not take it. */
static bool init_send(int socket, const void *record, size_t size, const int *descriptors, int count)
{
    struct iovec part = {.iov_base = (void *)record, .iov_len = size};
    union {
        char bytes[CMSG_SPACE(INIT_DESCRIPTORS * sizeof(int))];
        struct cmsghdr aligned;
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, (size_t)count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (long)size;
}

static void init_fail(struct init *init, enum init_stage stage, int error) __attribute__((noreturn));
static void init_fail(struct init *init, enum init_stage stage, int error)
{
    struct init_ready ready = {.stage = (int32_t)stage, .error = error ? error : EIO};
    init_send(init->options->control, &ready, sizeof ready, NULL, 0);
    init_end(init);
}

static void init_describe_stream(int descriptor, struct init_stream *stream)
{
    struct stat status;
    if (fstat(descriptor, &status) < 0)
        return;
    stream->device = status.st_dev;
    stream->inode = status.st_ino;
    stream->special = S_ISCHR(status.st_mode) ? status.st_rdev : 0;
}

struct init_streams {
    struct pty terminal, error;
    int pipe[2];
};

static void init_open_streams(struct init *init, struct init_streams *streams, struct init_ready *ready)
{
    const struct init_options *options = init->options;
    streams->pipe[0] = streams->pipe[1] = -1;
    int error = pty_open(&streams->terminal, options->columns, options->rows);
    if (!error)
        error = pty_open(&streams->error, options->columns, options->rows);
    if (error)
        init_fail(init, INIT_STAGE_PTY, error);
    if (options->stdout_pipe && pipe2(streams->pipe, O_CLOEXEC) < 0)
        init_fail(init, INIT_STAGE_PIPE, errno);
    if (ioctl(streams->terminal.slave, TIOCSCTTY, 0) < 0)
        ready->missing |= INIT_LACK_SESSION;
    init->streams[0] = streams->terminal.slave;
    init->streams[1] = options->stdout_pipe ? streams->pipe[1] : streams->terminal.slave;
    init->streams[2] = streams->error.slave;
    for (int i = 0; i < 3; i++)
        init_describe_stream(init->streams[i], &ready->streams[i]);
}

/* Masters go to F; the slaves stay open here, so that F reads an end of file only when the containment is over, and
 * not each time that nobody happens to have the terminal open. */
static void init_announce(struct init *init, const struct init_streams *streams, struct init_ready *ready)
{
    int given[INIT_DESCRIPTORS], count = 0;
    given[count++] = streams->terminal.master;
    given[count++] = streams->error.master;
    ready->gives = INIT_GIVES_TERMINAL | INIT_GIVES_ERROR;
    if (streams->pipe[0] >= 0) {
        given[count++] = streams->pipe[0];
        ready->gives |= INIT_GIVES_PIPE;
    }
    if (init->proc >= 0 && !(init->options->own_processes && (ready->missing & (INIT_LACK_PROC | INIT_LACK_MOUNTS)))) {
        given[count++] = init->proc;
        ready->gives |= INIT_GIVES_PROC;
    }
    for (int i = 0; i < NETWORK_HOSTS; i++) {
        const struct network_end *end = &ready->wire.ends[i];
        const int wire[INIT_WIRE_DESCRIPTORS] = {end->device, end->barrier, end->diag};
        for (int k = 0; k < INIT_WIRE_DESCRIPTORS; k++)
            if (wire[k] >= 0) {
                given[count++] = wire[k];
                ready->gives |= (uint32_t)INIT_GIVES_WIRE << (i * INIT_WIRE_DESCRIPTORS + k);
            }
        init->entries[i] = end->entry; /* stays here */
        ready->wire.ends[i].entry = -1;
    }
    if (!init_send(init->options->control, ready, sizeof *ready, given, count))
        init_end(init);
    close(streams->terminal.master);
    close(streams->error.master);
    if (streams->pipe[0] >= 0)
        close(streams->pipe[0]);
    network_made_close(&ready->wire);
}

static void init_prepare(struct init *init, struct init_ready *ready)
{
    const struct init_options *options = init->options;
    /* Before the mounts, one of which makes settings (/proc/sys) unwritable. */
    network_made_clear(&ready->wire);
    bool wire = options->own_network && options->wire && network_build(options->wire, &ready->wire);
    if (options->own_mounts)
        ready->missing |= init_mount_all(options, &init->fresh);
    ready->fresh = init->fresh;
    if (options->own_network && !wire)
        ready->missing |= init_mount_loopback();
    init->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int persona = personality(0xffffffff);
    if (persona < 0 || personality((unsigned long)persona | ADDR_NO_RANDOMIZE) < 0)
        ready->missing |= INIT_LACK_LAYOUT;
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    init->signals = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
    if (init->signals < 0)
        init_fail(init, INIT_STAGE_SIGNALS, errno);
}

/* Writes the report that waits. A full pipe is no loss: nobody is collected until it has been written. */
static void init_flush_report(struct init *init)
{
    if (!init->report_waits)
        return;
    long written = write(init->options->reports, &init->report, sizeof init->report);
    if (written == (long)sizeof init->report || (written < 0 && errno != EAGAIN && errno != EINTR))
        init->report_waits = false; /* written, or F no longer listens: the leash tells */
}

static void init_collect(struct init *init)
{
    init->more_to_collect = false;
    for (int i = 0; i < INIT_REAP_AT_ONCE; i++) {
        init_flush_report(init);
        if (init->report_waits)
            return;
        int status = 0;
        pid_t pid = waitpid(-1, &status, WNOHANG | __WALL);
        if (pid <= 0)
            return;
        init->report = (struct init_report){.pid = pid, .status = status, .first = pid == init->first};
        init->report_waits = true;
        if (pid == init->first)
            init->first = -1; /* the number may be given again */
    }
    init->more_to_collect = true;
}

/* Forks the process that becomes a program. Its pid, and the reading end of its exec pipe; or -1 with errno. */
static long init_start(struct init *init, int number, int *exec_status)
{
    int ends[2];
    if (number < 0 || number >= init->options->program_count) {
        errno = EINVAL;
        return -1;
    }
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    const struct init_program *program = &init->options->programs[number];
    const struct init_guest guest = {.program = program,
                                     .streams = init->streams,
                                     .exec_status = ends[1],
                                     .entry = init->entries[program->host],
                                     .group = init->group,
                                     .fresh = init->fresh};
    /* fork() would run handlers and take locks that belong to F's threads. */
    long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        init_guest_run(init->options, &guest);
    int error = errno;
    close(ends[1]);
    if (pid < 0)
        close(ends[0]);
    else
        *exec_status = ends[0];
    if (pid > 0 && number == 0)
        init->first = init->group = (pid_t)pid;
    errno = error;
    return pid;
}

static void init_answer(struct init *init)
{
    struct init_request request;
    if (recv(init->options->control, &request, sizeof request, MSG_DONTWAIT) != (long)sizeof request)
        return;
    struct init_answer answer = {.serial = request.serial};
    int given = -1;
    long done = -1;
    errno = EINVAL;
    if (request.kind == INIT_REQUEST_START)
        done = answer.pid = (int32_t)init_start(init, request.program, &given);
    else if (request.pid > 1 && request.kind == INIT_REQUEST_PIDFD)
        done = given = (int)syscall(SYS_pidfd_open, request.pid, 0);
    else if (request.pid > 1 && request.kind == INIT_REQUEST_SIGNAL && request.task > 0)
        done = syscall(SYS_tgkill, request.pid, request.task, request.signal);
    else if (request.pid > 1 && request.kind == INIT_REQUEST_SIGNAL)
        done = kill(request.pid, request.signal);
    if (done < 0)
        answer.error = errno;
    init_send(init->options->control, &answer, sizeof answer, &given, given >= 0);
    if (given >= 0)
        close(given);
}

static void init_loop(struct init *init) __attribute__((noreturn));
static void init_loop(struct init *init)
{
    for (;;) {
        struct pollfd watched[] = {
            {.fd = init->options->leash},
            {.fd = init->options->control, .events = POLLIN},
            {.fd = init->signals, .events = POLLIN},
            {.fd = init->report_waits ? init->options->reports : -1, .events = POLLOUT},
        };
        poll(watched, sizeof watched / sizeof *watched, init->more_to_collect ? 0 : -1);
        if (watched[0].revents || (watched[1].revents & (POLLHUP | POLLERR)))
            init_end(init);
        struct signalfd_siginfo information;
        while (read(init->signals, &information, sizeof information) > 0)
            continue;
        init_collect(init);
        if (watched[1].revents & POLLIN)
            init_answer(init);
    }
}

void init_run(const struct init_options *options)
{
    struct init init = {.options = options, .proc = -1, .signals = -1};
    for (int i = 0; i < NETWORK_HOSTS; i++)
        init.entries[i] = -1;
    init_keep_descriptors(options);
    /* A third way to go, after pidfd and leash. Not in the fallback: there it would end the one that sweeps. */
    if (options->own_processes)
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_NAME, "lockstep-init", 0, 0, 0);
    char go;
    if (recv(options->control, &go, 1, 0) != 1)
        _exit(0);                       /* F died, or could not prepare us */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* not before the word to go: our uid_map would become unwritable for F */
    if (init_leash_gone(options))
        _exit(0); /* F died before PDEATHSIG was set */
    setsid();
    if (!options->own_processes)
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    struct init_ready ready = {0};
    struct init_streams streams;
    init_prepare(&init, &ready);
    init_open_streams(&init, &streams, &ready);
    init_announce(&init, &streams, &ready);
    init_loop(&init);
}
