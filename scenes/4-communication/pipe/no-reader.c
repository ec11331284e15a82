/* Writing when nobody reads any more: SIGPIPE, and EPIPE for its survivors. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t warned;

static void on_sigpipe(int number)
{
    (void)number;
    warned = 1;
}

int main(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        return 1;
    signal(SIGPIPE, on_sigpipe); /* without it, the signal ends the program */
    if (fork() == 0)
        return 0; /* the reader has gone, and its read end with it */
    close(ends[0]);
    wait(NULL);
    if (write(ends[1], "x", 1) < 0 && errno == EPIPE)
        printf("writer: nobody reads (EPIPE)%s\n",
               warned ? ", and SIGPIPE told me so" : "");
    return 0;
}
