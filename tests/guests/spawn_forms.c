/* posix_spawn and posix_spawnp with actions and attributes; system; popen: what they start, and how they refuse. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int report(const char *word)
{
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    printf("report %s: usr1 blocked %d, usr2 blocked %d, PATH %d\n", word, sigismember(&mask, SIGUSR1),
           sigismember(&mask, SIGUSR2), getenv("PATH") != NULL);
    return 40;
}

static void handler(int number)
{
    (void)number;
}

static void collect(const char *what, int error, const pid_t *child)
{
    pid_t pid = *child;
    int status = 0;
    if (error) {
        printf("%s: %s\n", what, strerror(error));
        return;
    }
    printf("%s: %d", what, waitpid(pid, &status, 0) == pid);
    printf(" status %d\n", WEXITSTATUS(status));
}

static void spawns(void)
{
    char *arguments[] = {"spawned", "report", NULL}, *nothing[] = {NULL};
    char *tool[] = {"sh", "-c", "exit 17", NULL};
    const char *self = "/proc/self/exe";
    pid_t pid = 0;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t mask;
    fflush(stdout);
    collect("plain", posix_spawn(&pid, self, NULL, NULL, arguments, environ), &pid);
    collect("no environment", posix_spawn(&pid, self, NULL, NULL, arguments, nothing), &pid);
    collect("by name", posix_spawnp(&pid, "sh", NULL, NULL, tool, environ), &pid);
    collect("not there", posix_spawn(&pid, "/nonexistent", NULL, NULL, arguments, environ), &pid);
    collect("no such name", posix_spawnp(&pid, "no-such-program-here", NULL, NULL, arguments, environ), &pid);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclose(&actions, 0);
    collect("silent", posix_spawn(&pid, self, &actions, NULL, arguments, environ), &pid);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_init(&attributes);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    posix_spawnattr_setsigmask(&attributes, &mask);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    collect("own mask", posix_spawn(&pid, self, NULL, &attributes, arguments, environ), &pid);
    posix_spawnattr_destroy(&attributes);
}

static void shells(void)
{
    char line[64] = "";
    printf("a shell: %d\n", system(NULL) != 0);
    fflush(stdout);
    printf("system: %d\n", WEXITSTATUS(system("echo from the shell; exit 3")));
    fflush(stdout);
    printf("not found: %d\n", WEXITSTATUS(system("no-such-program-here 2>/dev/null")));
    int status = system("kill -TERM $$");
    printf("killed: %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
    FILE *stream = popen("echo one; echo two; exit 5", "r");
    while (fgets(line, sizeof line, stream))
        printf("read: %s", line);
    printf("pclose: %d\n", WEXITSTATUS(pclose(stream)));
    fflush(stdout);
    stream = popen("cat", "w");
    fputs("through cat\n", stream);
    printf("pclose: %d\n", pclose(stream));
    errno = 0;
    printf("bad mode: %d", popen("true", "x") == NULL);
    printf(" %s\n", strerror(errno));
}

int main(int count, char **arguments)
{
    sigset_t mask;
    if (count > 1)
        return report(arguments[1]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGUSR1, handler);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    spawns();
    shells();
    return 0;
}
