/* A child has ended and nobody has asked for its exit status yet. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int status;
    pid_t child = fork();
    if (child < 0)
        return 1;
    if (child == 0) {
        printf("child: I end with status 7\n");
        return 7;
    }
    usleep(100000); /* busy with other things; the child is a zombie */
    wait(&status);
    printf("parent: the child's status was %d\n", WEXITSTATUS(status));
    return 0;
}
