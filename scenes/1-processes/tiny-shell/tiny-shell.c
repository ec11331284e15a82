/* What a shell does for: ls -d /dev /proc /tmp | wc -l */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        return 1;

    pid_t left = fork();
    if (left == 0) { /* becomes ls */
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execlp("ls", "ls", "-d", "/dev", "/proc", "/tmp", NULL);
        return 127;
    }
    pid_t right = fork();
    if (right == 0) { /* becomes wc */
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        close(ends[1]);
        execlp("wc", "wc", "-l", NULL);
        return 127;
    }
    close(ends[0]);
    close(ends[1]); /* else wc would never see the end of its input */

    int status;
    waitpid(left, NULL, 0);
    waitpid(right, &status, 0);
    printf("shell: wc has ended with status %d\n", WEXITSTATUS(status));
    return 0;
}
