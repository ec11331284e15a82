/* A signal for a running process: it computes, is interrupted, runs its
 * handler, and goes on where it was. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

volatile sig_atomic_t got;

static void handler(int number)
{
    (void)number;
    got = 1;
}

int main(void)
{
    signal(SIGUSR1, handler); /* the child inherits it */
    pid_t child = fork();
    if (child == 0) {
        while (!got) /* never waits for anything */
            ;
        printf("child:  the handler has run; I went on and saw it\n");
        return 0;
    }
    usleep(4000);
    kill(child, SIGUSR1);
    wait(NULL);
    printf("parent: my child has ended by itself\n");
    return 0;
}
