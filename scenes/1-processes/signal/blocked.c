/* A signal for a blocked process: the handler runs, and then read either
 * returns EINTR or waits on, as the handler's flags say. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int number)
{
    (void)number; /* enough that it is there: read is interrupted */
}

int main(int argc, char **argv)
{
    (void)argv;
    int ends[2];
    struct sigaction action = {.sa_handler = handler};
    action.sa_flags = argc > 1 ? SA_RESTART : 0; /* any argument: restart */
    sigaction(SIGUSR1, &action, NULL);
    if (pipe(ends) != 0)
        return 1;

    pid_t child = fork();
    if (child == 0) {
        char letter;
        ssize_t got = read(ends[0], &letter, 1); /* empty: it blocks */
        if (got < 0 && errno == EINTR)
            printf("child:  read was interrupted (EINTR)\n");
        else
            printf("child:  read waited on and got %c\n", letter);
        return 0;
    }
    usleep(100000); /* meanwhile the child blocks */
    kill(child, SIGUSR1);
    usleep(100000);
    write(ends[1], "x", 1);
    wait(NULL);
    return 0;
}
