/* Tries to outlive everybody: forks twice, leads a session of its own, ignores what can be ignored; then sleeps, stops
 * itself, computes, or forks on and on, as it is told. */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    const char *then = arguments[1];
    if (fork() != 0) {
        usleep(1000);
        return 0;
    }
    setsid();
    if (fork() != 0)
        _exit(0);
    for (int number = 1; number < 65; number++)
        signal(number, SIG_IGN);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_PDEATHSIG, 0);
    prctl(PR_SET_DUMPABLE, 0);
    if (strcmp(then, "closed") == 0)
        closefrom(0);
    if (strcmp(then, "stops") == 0)
        kill(getpid(), SIGSTOP);
    if (strcmp(then, "spins") == 0)
        for (;;)
            ;
    if (strcmp(then, "walks") == 0)
        for (int i = 0; i < 200; i++)
            if (fork() != 0)
                _exit(0);
    for (;;)
        pause();
}
