/* Notes signals. A step may wait for the guest's outside work without end, so a second clock makes sure of the end. */
#include "app/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { INTERRUPT_GRACE = 3 /* seconds */, INTERRUPT_COUNT = 4 };

static const int signals[INTERRUPT_COUNT] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
static struct sigaction before[INTERRUPT_COUNT];
static volatile sig_atomic_t noted;
static int input = -1, nothing = -1;

static void note(int number)
{
    if (number == SIGALRM && noted)
        _exit(128 + noted);
    if (number == SIGALRM)
        return;
    if (!noted)
        alarm(INTERRUPT_GRACE);
    noted = number;
    /* A guest that waits for a line is given the end of its input, so that the step it is in comes to an end. */
    int error = errno;
    if (input >= 0 && nothing >= 0)
        dup2(nothing, input);
    errno = error;
}

void interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = note};
    sigemptyset(&action.sa_mask);
    noted = 0;
    input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < INTERRUPT_COUNT; i++) {
        sigaction(signals[i], NULL, &before[i]);
        /* Who started us with a signal ignored (nohup) wants it so. */
        if (before[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

int interrupt_input(void)
{
    return input;
}

int interrupt_signal(void)
{
    return noted;
}

void interrupt_release(void)
{
    alarm(0);
    for (int i = 0; i < INTERRUPT_COUNT; i++)
        sigaction(signals[i], &before[i], NULL);
    if (input >= 0)
        close(input);
    if (nothing >= 0)
        close(nothing);
    input = nothing = -1;
}
