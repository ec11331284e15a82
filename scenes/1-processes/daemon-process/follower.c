/* A follower shall end together with its master. The master sees to it when it
 * ends in the ordinary way; when it is killed, it cannot. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t follower;

static void end_follower(void)
{
    kill(follower, SIGTERM);
    waitpid(follower, NULL, 0);
}

static int follow(pid_t master)
{
    for (int round = 0; round < 4; round++)
        usleep(100000); /* would be work without end in earnest */
    if (getppid() != master)
        printf("follower: my master is gone, and nobody told me\n");
    return 0;
}

int main(int argc, char **argv)
{
    (void)argv;
    pid_t master = fork();
    if (master == 0) {
        pid_t me = getpid();
        follower = fork();
        if (follower == 0)
            return follow(me);
        atexit(end_follower); /* at my ordinary end */
        usleep(150000);
        printf("master: I have finished\n");
        return 0;
    }
    if (argc > 1) { /* any argument: the master is killed */
        usleep(50000);
        kill(master, SIGKILL);
    }
    wait(NULL);
    printf("shell: the master has ended\n");
    usleep(500000); /* time to look */
    return 0;
}
