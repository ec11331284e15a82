/* A guest that does all that a guest can do to outlive its observer, each in a process of its own (RELIABILITY.md 1.1):
 *     nasty [bomb|walk|killall|plain] [anything: a mark to find it by]
 * Prints "ready" when all are in place. Bounded: no more than about 230 processes. Never ends by itself. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

static int ready[2]; /* a byte from each when it is in place */

static void in_place(void)
{
    if (write(ready[1], "r", 1) != 1)
        _exit(1);
}

static void for_ever(void)
{
    for (;;)
        pause();
}

static void deaf(void)
{
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_IGN);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
}

static void daemon_of_the_worst_kind(void)
{
    if (fork() != 0)
        _exit(0);
    setsid();
    if (fork() != 0)
        _exit(0);
    if (chdir("/") != 0)
        _exit(1);
    prctl(PR_SET_PDEATHSIG, 0);
    prctl(PR_SET_DUMPABLE, 0);
    in_place();
    syscall(SYS_close_range, 0, ~0U, 0);
    for_ever();
}

static void subreaper(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (fork() == 0) {
        if (fork() != 0)
            _exit(0);
        setsid();
        in_place();
        for_ever();
    }
    for_ever();
}

static void stopped(void)
{
    in_place();
    raise(SIGSTOP);
    for_ever();
}

static void waits_at_a_gate(void)
{
    int gate[2];
    if (pipe(gate) != 0)
        _exit(1);
    setpgid(0, 0);
    in_place();
    char byte;
    while (read(gate[0], &byte, 1) != 1)
        continue;
}

static void vfork_without_exec(void)
{
    if (vfork() == 0) {
        syscall(SYS_write, ready[1], "r", 1);
        for (;;)
            syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0); /* raw: the stack is the parent's */
    }
    for_ever();
}

static void traced(void)
{
    if (fork() == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        in_place();
        raise(SIGUSR2);
        for_ever();
    }
    for_ever();
}

static void nested_namespace(void)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) == 0 && fork() == 0) {
        in_place();
        for_ever();
    }
    in_place();
    for_ever();
}

static void *thread(void *unused)
{
    for_ever();
    return unused;
}

static void leader_gone(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, thread, NULL);
    in_place();
    pthread_exit(NULL);
}

static void full_pipe(void)
{
    int ends[2];
    static char block[65536];
    if (pipe(ends) != 0)
        _exit(1);
    in_place();
    while (write(ends[1], block, sizeof block) > 0)
        continue;
    for_ever();
}

static void bomb(void)
{
    for (int i = 0; i < 200; i++)
        if (fork() == 0) {
            setsid();
            for_ever();
        }
}

/* Never the same number for long: a list of processes is old when it is read. */
static void walk(void)
{
    if (fork() != 0)
        return;
    for (;;) {
        if (fork() != 0)
            _exit(0);
        setsid();
    }
}

int main(int argc, char **argv)
{
    static void (*const parts[])(void) = {daemon_of_the_worst_kind, subreaper, stopped,     waits_at_a_gate,
                                          vfork_without_exec,       traced,    leader_gone, full_pipe,
                                          nested_namespace};
    enum { PARTS = sizeof parts / sizeof *parts };
    const char *mode = argc > 1 ? argv[1] : "plain";
    if (pipe(ready) != 0)
        return 1;
    deaf();
    for (int i = 0; i < PARTS; i++)
        if (fork() == 0) {
            parts[i]();
            _exit(1);
        }
    char byte;
    for (int i = 0; i < PARTS; i++)
        if (read(ready[0], &byte, 1) != 1)
            return 1;
    if (write(1, "ready\n", 6) != 6)
        return 1;
    if (strcmp(mode, "bomb") == 0)
        bomb();
    if (strcmp(mode, "walk") == 0)
        walk();
    if (strcmp(mode, "killall") == 0)
        kill(-1, SIGKILL);
    for_ever();
}
