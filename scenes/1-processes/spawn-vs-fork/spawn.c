/* spawn without a guard: each new process runs the top of the program again,
 * and so starts the next one. Only the count stops it. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
    int generation = argc > 1 ? atoi(argv[1]) : 0;
    printf("generation %d: the top of main runs\n", generation);

    if (generation == 4) { /* not a guard: an emergency brake */
        printf("generation 4: somebody has to stop this\n");
        return 0;
    }
    char next[12];
    snprintf(next, sizeof next, "%d", generation + 1);
    char *arguments[] = {argv[0], next, NULL};
    pid_t child;
    if (posix_spawn(&child, argv[0], NULL, NULL, arguments, environ) != 0)
        return 1;
    waitpid(child, NULL, 0);
    return 0;
}
