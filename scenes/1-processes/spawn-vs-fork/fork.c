/* fork: the child is a copy and goes on behind the fork. The top of main runs
 * once. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int prepared;

int main(void)
{
    printf("the top of main runs\n");
    prepared = 42;

    pid_t child = fork();
    if (child < 0)
        return 1;
    if (child == 0) { /* the child begins here */
        printf("child: prepared is %d\n", prepared);
        return 0;
    }
    wait(NULL);
    return 0;
}
