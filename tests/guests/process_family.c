/* Parents, children, grandchildren, zombies and orphans, with an outcome that no schedule can change. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int value = 100;
    printf("before\n");
    fflush(stdout);
    pid_t first = fork();
    if (first == 0) {
        value++;
        pid_t grandchild = fork();
        if (grandchild == 0)
            _exit(5);
        int status;
        pid_t got = waitpid(grandchild, &status, 0);
        exit(got == grandchild && WIFEXITED(status) ? WEXITSTATUS(status) + value - 100 : 99);
    }
    int status = 0;
    printf("wait gave the child: %d\n", wait(&status) == first);
    printf("its status: %d\n", WEXITSTATUS(status));
    printf("value here: %d\n", value);
    errno = 0;
    printf("nobody left: %d", wait(&status));
    printf(" %s\n", strerror(errno));
    pid_t killed = fork();
    if (killed == 0)
        abort();
    waitpid(killed, &status, 0);
    printf("by signal: %d\n", WTERMSIG(status));
    pid_t parent = fork();
    if (parent == 0) {
        if (fork() == 0)
            _exit(0); /* an orphan, or a zombie until its parent ends: init collects it */
        _exit(3);
    }
    printf("waitpid: %d\n", waitpid(parent, &status, 0) == parent);
    printf("status %d\n", WEXITSTATUS(status));
    printf("WNOHANG with no child: %d\n", waitpid(-1, &status, WNOHANG));
    return 0;
}
