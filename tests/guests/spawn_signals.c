/* system and popen beside handlers: the caller's SIGCHLD handler runs, an ignored SIGCHLD leaves no status, the shell
 * has the default actions of SIGINT although the caller ignores it meanwhile. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static volatile int children;

static void handler(int number)
{
    children += number == SIGCHLD;
}

int main(void)
{
    char bytes[8];
    signal(SIGCHLD, handler);
    int status = system("exit 3");
    printf("system: %d, SIGCHLD %d\n", WEXITSTATUS(status), children > 0);
    FILE *stream = popen("exit 4", "r");
    size_t got = fread(bytes, 1, sizeof bytes, stream);
    printf("read: %zu\n", got);
    status = pclose(stream);
    printf("pclose: %d\n", WEXITSTATUS(status));
    signal(SIGCHLD, SIG_IGN);
    fflush(stdout);
    errno = 0;
    status = system("exit 5");
    printf("ignored: %d %s\n", status, strerror(errno));
    signal(SIGCHLD, SIG_DFL);
    signal(SIGINT, handler);
    status = system("kill -INT $$; exit 6");
    printf("interrupted: %d %d\n", WIFSIGNALED(status), WTERMSIG(status));
    return 0;
}
