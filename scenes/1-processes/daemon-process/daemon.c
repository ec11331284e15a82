/* A true daemon leaves its master's session, and outlives it. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int serve(pid_t master)
{
    if (setsid() < 0) /* a session of its own: no terminal can end it */
        return 1;
    while (getppid() == master)
        usleep(100000);
    printf("daemon: my master has ended, and I go on\n");
    return 0;
}

int main(void)
{
    pid_t master = fork();
    if (master == 0) {
        pid_t me = getpid();
        if (fork() == 0)
            return serve(me);
        usleep(50000);
        printf("master: the daemon runs, I have finished\n");
        return 0;
    }
    wait(NULL);
    printf("shell: the master has ended\n");
    usleep(300000); /* time to look */
    return 0;
}
