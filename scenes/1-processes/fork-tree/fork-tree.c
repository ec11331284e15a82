/* Two forks in a row. How many processes? */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t first = fork();
    pid_t second = fork(); /* executed by everybody who is there by now */

    if (first > 0 && second > 0)
        printf("I have two children\n");
    else if (first == 0 && second > 0)
        printf("I have a parent and a child\n");
    else
        printf("I have a parent and no child\n");

    while (wait(NULL) > 0)
        ;
    return 0;
}
