/* Signals become something to poll. Handlers and a pipe, not signalfd: a blocked signal would stay blocked in every guest,
 * while a handler does not outlive exec. Must not touch the terminal. */
#include "terminal/terminal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const int watched[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGINT};
enum { WATCHED = sizeof watched / sizeof *watched };

static struct sigaction before[WATCHED];
static volatile sig_atomic_t came[NSIG], any;
static int ends[2] = {-1, -1};

static void note(int number)
{
    int error = errno;
    came[number] = 1;
    any = 1;
    if (write(ends[1], "", 1) < 0)
        errno = EAGAIN; /* full: it is readable anyway */
    errno = error;
}

bool signals_open(void)
{
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return false;
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < WATCHED; i++) {
        came[watched[i]] = 0;
        sigaction(watched[i], NULL, &before[i]);
        /* Who started us with one ignored (nohup) wants it so; but the size and the job control are ours. */
        bool ours = watched[i] == SIGWINCH || watched[i] == SIGCONT || watched[i] == SIGTSTP;
        if (ours || before[i].sa_handler != SIG_IGN)
            sigaction(watched[i], &action, NULL);
    }
    return true;
}

void signals_close(void)
{
    if (ends[0] < 0)
        return;
    for (int i = 0; i < WATCHED; i++)
        sigaction(watched[i], &before[i], NULL);
    close(ends[0]);
    close(ends[1]);
    ends[0] = ends[1] = -1;
}

int signals_descriptor(void)
{
    return ends[0];
}

bool signals_waiting(void)
{
    return any;
}

bool signals_take(int number)
{
    if (any) {
        char bytes[64];
        any = 0; /* before the flags are looked at, so that none is missed */
        while (read(ends[0], bytes, sizeof bytes) > 0)
            continue;
        for (int i = 0; i < WATCHED; i++)
            if (came[watched[i]] && watched[i] != number)
                any = 1;
    }
    bool taken = came[number];
    came[number] = 0;
    return taken;
}

/* SIGTSTP and not SIGSTOP: where there is no shell that could continue us (a terminal window of our own), the kernel
 * leaves it undone. Only this process: the supervisor sees it and stops after it has looked after the terminal. */
void signals_stop(void)
{
    struct sigaction normal = {.sa_handler = SIG_DFL}, ours;
    sigset_t stop, mask;
    sigemptyset(&normal.sa_mask);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigaction(SIGTSTP, &normal, &ours);
    pthread_sigmask(SIG_UNBLOCK, &stop, &mask);
    raise(SIGTSTP);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &ours, NULL);
    signals_take(SIGCONT);
    signals_take(SIGTSTP);
}
