/* Every form of waiting for a child: who is found, with what status, and how each form refuses. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a call returned, and errno where it failed. */
#define REPORT(what, call)                                                                                             \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        int result_ = (int)(call);                                                                                     \
        printf("%s: %d %s\n", what, result_, strerror(errno));                                                         \
    } while (0)

static pid_t child(int status)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(status);
    return pid;
}

static void refusals(void)
{
    int status = 77;
    siginfo_t info;
    REPORT("wait", wait(&status));
    REPORT("waitpid of a stranger", waitpid(1, &status, 0));
    REPORT("waitpid with bad options", waitpid(-1, &status, 0x10000));
    REPORT("waitid without options", waitid(P_ALL, 0, &info, 0));
    REPORT("waitid of nobody", waitid(P_ALL, 0, &info, WEXITED));
    printf("status untouched: %d\n", status);
}

static void by_id(void)
{
    siginfo_t info;
    pid_t pid = child(9);
    memset(&info, 0, sizeof info);
    printf("waitid, left there: %d\n", waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
    printf("who %d code %d status %d\n", info.si_pid == pid, info.si_code == CLD_EXITED, info.si_status);
    memset(&info, 0, sizeof info);
    printf("waitid, taken: %d\n", waitid(P_PID, (id_t)pid, &info, WEXITED));
    printf("who %d code %d status %d\n", info.si_pid == pid, info.si_code == CLD_EXITED, info.si_status);
    REPORT("waitid again", waitid(P_PID, (id_t)pid, &info, WEXITED));
}

static void stopped(void)
{
    int status = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(4);
    }
    printf("stopped: %d", waitpid(pid, &status, WUNTRACED) == pid);
    printf(" %d %d\n", WIFSTOPPED(status), WSTOPSIG(status) == SIGSTOP);
    kill(pid, SIGCONT);
    printf("ended: %d", waitpid(pid, &status, 0) == pid);
    printf(" %d\n", WEXITSTATUS(status));
}

int main(void)
{
    int status = 0;
    struct rusage usage;
    refusals();
    pid_t pid = child(1);
    printf("wait: %d", wait(&status) == pid);
    printf(" %d\n", WEXITSTATUS(status));
    pid = child(2);
    printf("waitpid: %d", waitpid(pid, &status, 0) == pid);
    printf(" %d\n", WEXITSTATUS(status));
    pid = child(3);
    printf("wait3: %d", wait3(&status, 0, &usage) == pid);
    printf(" %d\n", WEXITSTATUS(status));
    pid = child(4);
    printf("wait4: %d", wait4(pid, &status, 0, &usage) == pid);
    printf(" %d\n", WEXITSTATUS(status));
    pid = child(5);
    printf("by group: %d", waitpid(0, NULL, 0) == pid);
    printf("\n");
    by_id();
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        pause();
    printf("not yet: %d\n", waitpid(pid, &status, WNOHANG));
    kill(pid, SIGKILL);
    printf("killed: %d", waitpid(pid, &status, 0) == pid);
    printf(" %d %d\n", WIFSIGNALED(status), WTERMSIG(status));
    stopped();
    return 0;
}
