/* Two children end and one SIGCHLD comes: a handler that loops collects
 * both. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

volatile sig_atomic_t deliveries, collected;

static void child_ended(int number)
{
    (void)number;
    deliveries++;
    while (waitpid(-1, NULL, WNOHANG) > 0) /* as many as there are */
        collected++;
}

int main(void)
{
    pid_t children[2];
    sigset_t later;
    signal(SIGCHLD, child_ended);
    sigemptyset(&later);
    sigaddset(&later, SIGCHLD);
    sigprocmask(SIG_BLOCK, &later, NULL); /* I am busy: not now */

    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0)
            return 0;
    }
    for (int i = 0; i < 2; i++) { /* both end; neither is collected yet */
        siginfo_t ended;
        waitid(P_PID, (id_t)children[i], &ended, WEXITED | WNOWAIT);
    }

    sigprocmask(SIG_UNBLOCK, &later, NULL); /* now: the handler runs */
    printf("2 ended, %d signal, %d collected\n", deliveries, collected);
    return 0;
}
