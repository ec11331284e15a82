/* spawn with a guard: a new process runs the top of the program again, sees
 * that it was started by it, and does its own work instead. */
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int prepared;

int main(int argc, char **argv)
{
    printf("the top of main runs, prepared is %d\n", prepared);
    if (argc > 1) { /* the guard */
        printf("child: I do my work and start nobody\n");
        return 0;
    }
    prepared = 42; /* the child will not see it */

    char *arguments[] = {argv[0], "child", NULL};
    pid_t child;
    if (posix_spawn(&child, argv[0], NULL, NULL, arguments, environ) != 0)
        return 1;
    waitpid(child, NULL, 0);
    printf("parent: the child has ended\n");
    return 0;
}
