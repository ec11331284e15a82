/* printf before a fork: what is still in the buffer is copied with the memory.
 * To a terminal the buffer is emptied at each line, to a pipe it is not. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    for (int round = 1; round <= 2; round++) {
        pid_t result = fork(); /* now there are twice as many */
        if (result < 0) {
            perror("fork");
            return 1;
        }
        printf("hello from round %d\n", round); /* into the buffer, at least */
    }
    while (wait(NULL) > 0)
        ;
    return 0; /* whatever is still in the buffer is written now */
}
