/* Starting a process against calling its function directly: who runs it? */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t caller;

static void work(const char *how)
{
    if (getpid() == caller)
        printf("%s: I run in the caller itself\n", how);
    else
        printf("%s: I run in a process of my own\n", how);
}

static pid_t start(void)
{
    pid_t child = fork();
    if (child == 0) {
        work("started");
        exit(0);
    }
    return child;
}

int main(void)
{
    caller = getpid();
    pid_t child = start();
    printf("caller: started it\n"); /* has it done anything yet? */
    waitpid(child, NULL, 0);
    printf("caller: and it has ended\n");

    work("called");
    printf("caller: called it\n");
    return 0;
}
