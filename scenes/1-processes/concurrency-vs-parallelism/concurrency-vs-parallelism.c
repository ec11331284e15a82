/* Two processes with the same amount of work, and nothing to do with each
 * other. Whether they run in turn or at once is not for them to say. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int work; /* how many units are done; each process has its own */

static void compute(const char *name)
{
    for (int unit = 1; unit <= 6; unit++)
        work = unit;
    printf("%s: all 6 units are done\n", name);
}

int main(void)
{
    if (fork() == 0) {
        compute("first");
        return 0;
    }
    if (fork() == 0) {
        compute("second");
        return 0;
    }
    while (wait(NULL) > 0)
        ;
    printf("main: both have ended\n");
    return 0;
}
