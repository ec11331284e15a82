/* A parent that never waits: its zombie goes when the parent itself ends. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t careless = fork();
    if (careless < 0)
        return 1;
    if (careless == 0) { /* P2, a careless parent */
        if (fork() == 0) /* P3, its child */
            return 7;
        usleep(100000); /* P3 has ended: it is a zombie */
        printf("careless parent: I end without waiting\n");
        return 0;
    }
    wait(NULL);     /* P1 waits for its own child, P2 */
    usleep(100000); /* time to look: P3 is gone too */
    printf("grandparent: my child has ended\n");
    return 0;
}
