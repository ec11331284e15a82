/* terminate is a request: it takes effect a moment later. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void tidy_up(int number)
{
    const char *text = "child:  I tidy up first\n";
    write(STDOUT_FILENO, text, strlen(text));
    signal(number, SIG_DFL); /* and now as if there were no handler */
    raise(number);
}

int main(void)
{
    signal(SIGTERM, tidy_up);
    pid_t child = fork();
    if (child == 0)
        for (;;) /* would never end by itself */
            pause();
    signal(SIGTERM, SIG_DFL);

    int status;
    usleep(100000);
    kill(child, SIGTERM);
    if (waitpid(child, &status, WNOHANG) == 0) {
        printf("parent: I said terminate, and it is still alive\n");
        waitpid(child, &status, 0);
    }
    if (WIFSIGNALED(status))
        printf("parent: it was ended by signal %d\n", WTERMSIG(status));
    return 0;
}
