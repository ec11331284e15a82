/* Forks until it is refused; the children wait for ever. Then it goes and leaves them. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    for (int made = 0; made < 1000000; made++) {
        pid_t child = fork();
        if (child == 0)
            for (;;)
                pause();
        if (child < 0) {
            printf("refused: %s\n", errno == EAGAIN ? "EAGAIN" : errno == ENOMEM ? "ENOMEM" : "otherwise");
            return 0;
        }
    }
    return 1;
}
