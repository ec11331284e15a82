/* vfork: the parent goes on when the child has ended or exec'ed; daemon: the caller's child carries on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    int status = 0;
    if (count > 1) {
        printf("new program: %s\n", arguments[1]);
        return 6;
    }
    fflush(stdout);
    pid_t pid = vfork();
    if (pid == 0)
        _exit(5);
    printf("vfork and _exit: %d", waitpid(pid, &status, 0) == pid);
    printf(" %d\n", WEXITSTATUS(status));
    fflush(stdout);
    pid = vfork();
    if (pid == 0) {
        execl("/proc/self/exe", "again", "first", (char *)NULL);
        _exit(127);
    }
    printf("vfork and exec: %d", waitpid(pid, &status, 0) == pid);
    printf(" %d\n", WEXITSTATUS(status));
    fflush(stdout);
    pid = vfork();
    if (pid == 0) {
        execl("/nonexistent", "nothing", (char *)NULL);
        _exit(errno == ENOENT ? 1 : 2);
    }
    printf("vfork and no exec: %d", waitpid(pid, &status, 0) == pid);
    printf(" %d\n", WEXITSTATUS(status));
    fflush(stdout);
    int ends[2];
    char folder[64] = "";
    if (pipe(ends) != 0)
        return 1;
    pid = fork();
    if (pid == 0) {
        int result = daemon(0, 1);
        dprintf(ends[1], "daemon %d %s", result, getcwd(folder, sizeof folder));
        _exit(0);
    }
    close(ends[1]);
    waitpid(pid, &status, 0);
    printf("its parent: %d\n", WEXITSTATUS(status));
    char said[128] = "";
    size_t length = 0;
    ssize_t got;
    while ((got = read(ends[0], said + length, sizeof said - 1 - length)) > 0)
        length += (size_t)got;
    printf("%s\n", said);
    return 0;
}
