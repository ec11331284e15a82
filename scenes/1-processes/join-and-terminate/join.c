/* Is it alive? Join with a time-out; join; exit codes. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start(int milliseconds, int code)
{
    pid_t child = fork();
    if (child == 0) {
        usleep((useconds_t)milliseconds * 1000);
        exit(code);
    }
    return child;
}

/* Waits until the child has ended, but not for longer. Has it? */
static int join_within(pid_t child, int milliseconds)
{
    for (; milliseconds > 0; milliseconds -= 20) {
        if (waitpid(child, NULL, WNOHANG) == child)
            return 1;
        usleep(20000);
    }
    return 0;
}

static int join(pid_t child)
{
    int status;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

int main(void)
{
    pid_t slow = start(400, 1);
    pid_t quick = start(20, 2);

    if (waitpid(slow, NULL, WNOHANG) == 0)
        printf("slow is alive\n");
    if (!join_within(slow, 100))
        printf("slow has not ended in time, I go on\n");
    printf("joined slow: exit code %d\n", join(slow));
    printf("joined quick: exit code %d\n", join(quick));
    return 0;
}
