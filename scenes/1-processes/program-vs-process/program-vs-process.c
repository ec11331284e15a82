/* One program, a file; started twice: two processes. */
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int runs; /* each process has a memory of its own, with its own runs in it */

static int process(const char *name)
{
    char path[4096] = "";
    if (readlink("/proc/self/exe", path, sizeof path - 1) < 0)
        return 1;
    char *file = strrchr(path, '/');
    runs += 1;
    printf("%s: runs is %d, my program is %s\n", name, runs, file + 1);
    return 0;
}

static pid_t start(char *program, char *name)
{
    char *arguments[] = {program, name, NULL};
    pid_t pid = 0;
    posix_spawn(&pid, program, NULL, NULL, arguments, environ);
    return pid;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return process(argv[1]);

    pid_t first = start(argv[0], "first");
    pid_t second = start(argv[0], "second");
    if (first != second)
        printf("main: two processes, two pids\n");
    while (wait(NULL) > 0)
        ;
    if (access(argv[0], X_OK) == 0)
        printf("main: both are gone, the file is still there\n");
    return 0;
}
