/* The parent ends first: the child is adopted and lives on. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void child(pid_t parent)
{
    if (getppid() == parent)
        printf("child: my parent is the one who made me\n");
    while (getppid() == parent)
        usleep(100000); /* meanwhile the parent ends */
    printf("child: I have been adopted\n");
}

int main(void)
{
    if (fork() == 0) { /* P2, the parent */
        pid_t me = getpid();
        if (fork() == 0) { /* P3, the child */
            child(me);
            return 0;
        }
        usleep(20000);
        printf("parent: I end first\n");
        return 0;
    }
    wait(NULL);     /* P1 waits for P2 ... */
    usleep(200000); /* ... and stays until P3 has ended as well */
    return 0;
}
