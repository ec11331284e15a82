/* Starts itself or a shell again, in the way that it is told, with an environment from which everything is gone. */
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int main(int count, char **arguments)
{
    const char *how = arguments[1];
    char *self[] = {arguments[0], "again", arguments[2], NULL}, *nothing[] = {NULL};
    int status = 0;
    pid_t child;
    if (strcmp(how, "again") == 0) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
        return getenv("LOCKSTEP_RUN") ? 99 : 6;
    }
    if (strcmp(how, "clearenv") == 0) {
        clearenv();
        execv(arguments[0], self);
    } else if (strcmp(how, "execve") == 0) {
        execve(arguments[0], self, nothing);
    } else if (strcmp(how, "raw") == 0) {
        syscall(SYS_execve, arguments[0], self, nothing);
    } else if (strcmp(how, "preload") == 0) {
        setenv("LD_PRELOAD", "/nonexistent/library.so", 1);
        execv(arguments[0], self);
    } else if (strcmp(how, "environ") == 0) {
        environ = nothing;
        execv(arguments[0], self);
    } else if (strcmp(how, "system") == 0) {
        clearenv();
        status = system("exit 6");
        return WEXITSTATUS(status);
    } else if (strcmp(how, "popen") == 0) {
        clearenv();
        FILE *pipe = popen("exit 6", "r");
        return WEXITSTATUS(pclose(pipe));
    } else if (strcmp(how, "spawn") == 0) {
        if (posix_spawn(&child, arguments[0], NULL, NULL, self, nothing) != 0)
            return 98;
        waitpid(child, &status, 0);
        return WEXITSTATUS(status);
    }
    return 97;
}
