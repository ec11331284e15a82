/* One call, two returns: fork gives 0 in the child, and the child's pid in the
 * parent. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t me = getpid();
    pid_t result = fork(); /* called once; it returns twice */
    if (result < 0)
        return 1;

    if (result == 0) {
        printf("child:  fork returned 0\n");
        if (getppid() == me)
            printf("child:  my parent is the process that called fork\n");
        return 7;
    }

    printf("parent: fork returned my child's pid\n");
    int status;
    if (wait(&status) == result)
        printf("parent: that child has ended with status %d\n",
               WEXITSTATUS(status));
    return 0;
}
