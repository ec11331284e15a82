/* What F asks of I while a containment is there: programs to start, pidfds, signals; and the guests' /proc. Each is one
 * question and one answer; an I that has gone answers with an error, never with silence. */
#include "conductor/contain_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONTAIN_ANSWER_MILLISECONDS = 2000, CONTAIN_EXEC_MILLISECONDS = 30000 };

int contain_ask(struct contain *contain, struct init_request request, struct init_answer *answer, int *descriptor)
{
    if (contain->launch.control < 0 || contain->killed)
        return EPIPE;
    request.serial = ++contain->serial;
    if (send(contain->launch.control, &request, sizeof request, MSG_NOSIGNAL) != (long)sizeof request)
        return errno;
    for (;;) {
        int given[INIT_DESCRIPTORS];
        long length =
            contain_launch_receive(&contain->launch, answer, sizeof *answer, given, CONTAIN_ANSWER_MILLISECONDS);
        if (length < 0)
            return errno;
        if (length != (long)sizeof *answer)
            return EPIPE;
        if (answer->serial == request.serial && descriptor) {
            *descriptor = given[0];
            return answer->error;
        }
        if (given[0] >= 0)
            close(given[0]); /* the late answer to a request that was given up */
        if (answer->serial == request.serial)
            return answer->error;
    }
}

int contain_exec(struct contain *contain, int program, pid_t *pid, enum init_stage *stage)
{
    struct init_answer answer;
    int exec_status = -1;
    *stage = INIT_STAGE_FORK;
    int error = contain_ask(contain, (struct init_request){.kind = INIT_REQUEST_START, .program = program}, &answer,
                            &exec_status);
    if (!error && exec_status < 0)
        error = EMFILE; /* the kernel drops a descriptor for which the table has no room */
    if (error)
        return error;
    *pid = answer.pid;
    /* The exec pipe says that the guest runs (end of file), or why it does not. */
    struct init_failure failure = {0};
    struct pollfd watched = {.fd = exec_status, .events = POLLIN};
    int ready;
    do
        ready = poll(&watched, 1, CONTAIN_EXEC_MILLISECONDS);
    while (ready < 0 && errno == EINTR);
    long length = ready > 0 ? read(exec_status, &failure, sizeof failure) : 0;
    close(exec_status);
    if (ready <= 0)
        return ETIMEDOUT;
    *stage = (enum init_stage)failure.stage;
    return length == (long)sizeof failure ? failure.error : 0;
}

enum status contain_request_pidfd(struct contain *contain, pid_t pid, int *pidfd, struct message *message)
{
    *pidfd = -1;
    struct init_answer answer;
    int error = contain_ask(contain, (struct init_request){.kind = INIT_REQUEST_PIDFD, .pid = pid}, &answer, pidfd);
    if (!error && *pidfd < 0)
        error = EMFILE; /* the kernel drops a descriptor for which the table has no room */
    if (!error)
        return STATUS_OK;
    return message_set(message, error == ESRCH || error == EPIPE ? STATUS_ENDED : STATUS_LIMIT,
                       "cannot watch the guest's process %d: %s", (int)pid, strerror(error));
}

enum status contain_signal(struct contain *contain, pid_t pid, pid_t task, int signal, struct message *message)
{
    struct init_answer answer;
    int error = contain_ask(
        contain, (struct init_request){.kind = INIT_REQUEST_SIGNAL, .pid = pid, .task = task, .signal = signal},
        &answer, NULL);
    if (!error)
        return STATUS_OK;
    return message_set(message, error == ESRCH || error == EPIPE ? STATUS_ENDED : STATUS_REFUSED,
                       "cannot send signal %d to the guest's process %d: %s", signal, (int)pid, strerror(error));
}

/* The number that F's own /proc has for the process of a pidfd; -1 if it is gone. */
static pid_t contain_translate(int pidfd)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    long length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = 0;
    const char *line = strstr(text, "Pid:");
    return line ? (pid_t)strtol(line + 4, NULL, 10) : -1;
}

int contain_open_proc(struct contain *contain, pid_t pid, const char *name)
{
    char path[CONTAIN_PATH];
    if (contain->launch.given[3] >= 0) {
        snprintf(path, sizeof path, "%d/%s", (int)pid, name);
        return openat(contain->launch.given[3], path, O_RDONLY | O_CLOEXEC);
    }
    int pidfd;
    if (contain_request_pidfd(contain, pid, &pidfd, NULL) != STATUS_OK) {
        errno = ESRCH;
        return -1;
    }
    pid_t outside = contain_translate(pidfd);
    close(pidfd);
    snprintf(path, sizeof path, "%d/%s", (int)outside, name);
    if (outside <= 0) {
        errno = ESRCH;
        return -1;
    }
    return openat(contain->host_proc, path, O_RDONLY | O_CLOEXEC);
}
