/* Every form of exec, found and not found; the environment that the new program sees is the one that it was given. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int report(int count, char **arguments)
{
    sigset_t mask;
    struct sigaction action;
    printf("%s", arguments[0]);
    for (int i = 1; i < count; i++)
        printf(" [%s]", arguments[i]);
    const char *given = getenv("GIVEN");
    int entries = 0, ours = 0;
    for (char **at = environ; *at; at++) {
        entries++;
        ours += strncmp(*at, "LOCKSTEP_RUN", 12) == 0 || strncmp(*at, "LOCKSTEP_SLOT", 13) == 0 || strncmp(*at, "LD_PRELOAD", 10) == 0;
    }
    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigaction(SIGUSR1, NULL, &action);
    printf(" GIVEN=%s few=%d ours=%d usr1 blocked %d usr2 blocked %d caught %d\n", given ? given : "-", entries < 3, ours,
           sigismember(&mask, SIGUSR1), sigismember(&mask, SIGUSR2), action.sa_handler != SIG_DFL);
    return 30 + count;
}

static void handler(int number)
{
    (void)number;
}

static void form(int way)
{
    char *arguments[] = {"form", "report", "x", NULL};
    char *environment[] = {"GIVEN=yes", NULL};
    char *nothing[] = {NULL};
    const char *self = "/proc/self/exe";
    int file = -1;
    switch (way) {
    case 0:
        execve(self, arguments, environment);
        break;
    case 1:
        execve(self, arguments, nothing);
        break;
    case 2:
        execve(self, arguments, NULL);
        break;
    case 3:
        execv(self, arguments);
        break;
    case 4:
        execvp(self, arguments);
        break;
    case 5:
        execvpe(self, arguments, environment);
        break;
    case 6:
        execl(self, "list", "report", (char *)NULL);
        break;
    case 7:
        execlp(self, "listp", "report", "1", "2", "3", "4", "5", "6", "7", (char *)NULL);
        break;
    case 8:
        execle(self, "liste", "report", (char *)NULL, environment);
        break;
    case 9:
        file = open(self, O_RDONLY);
        fexecve(file, arguments, environment);
        break;
    case 10:
        file = open(self, O_RDONLY);
        execveat(file, "", arguments, environment, AT_EMPTY_PATH);
        break;
    case 11:
        clearenv();
        execv(self, arguments);
        break;
    case 12:
        execve("/nonexistent", arguments, environment);
        break;
    case 13:
        execvp("no-such-program-here", arguments);
        break;
    case 14:
        execve("/", arguments, environment);
        break;
    case 15:
        execlp("true", "true", (char *)NULL);
        break;
    case 16:
        fexecve(-1, arguments, environment);
        break;
    default:
        break;
    }
    printf("form %d: %s\n", way, strerror(errno));
    fflush(stdout);
    _exit(100);
}

int main(int count, char **arguments)
{
    if (count > 1)
        return report(count, arguments);
    sigset_t mask;
    signal(SIGUSR1, handler);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    for (int way = 0; way <= 16; way++) {
        int status = 0;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0)
            form(way);
        waitpid(pid, &status, 0);
        printf("%d: status %d\n", way, WEXITSTATUS(status));
    }
    fflush(stdout);
    execl("/proc/self/exe", "last", "report", (char *)NULL);
    return 1;
}
