/* A signal for a stopped process stays pending until it is continued. */
#define _GNU_SOURCE
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
    signal(SIGUSR1, handler);
    pid_t child = fork();
    if (child == 0) {
        while (!got)
            ;
        printf("child:  now the handler has run\n");
        return 0;
    }
    usleep(4000);
    kill(child, SIGSTOP);
    waitpid(child, NULL, WUNTRACED); /* it has stopped */
    kill(child, SIGUSR1);
    usleep(100000); /* plenty of time, and nothing happens */
    printf("parent: my child is stopped, and its signal waits\n");
    kill(child, SIGCONT);
    wait(NULL);
    return 0;
}
