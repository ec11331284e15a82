/* Notes signals. A step may wait for the guest's outside work without end, so a second clock makes sure of the end. */
#include "app/interrupt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { INTERRUPT_GRACE = 3 /* seconds */, INTERRUPT_COUNT = 4 };

static const int signals[INTERRUPT_COUNT] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
static struct sigaction before[INTERRUPT_COUNT];
static volatile sig_atomic_t noted;

static void note(int number)
{
    if (number == SIGALRM && noted)
        _exit(128 + noted);
    if (number == SIGALRM)
        return;
    if (!noted)
        alarm(INTERRUPT_GRACE);
    noted = number;
}

void interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = note};
    sigemptyset(&action.sa_mask);
    noted = 0;
    for (int i = 0; i < INTERRUPT_COUNT; i++) {
        sigaction(signals[i], NULL, &before[i]);
        /* Who started us with a signal ignored (nohup) wants it so. */
        if (before[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
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
}
