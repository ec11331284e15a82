/* Three jobs that only compute and never wait for a device. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int work; /* units computed; each job has its own */

static void job(int number)
{
    for (int unit = 1; unit <= 8; unit++)
        work = unit;
    printf("job %d is done\n", number);
}

int main(void)
{
    for (int number = 1; number <= 3; number++) {
        if (fork() == 0) {
            job(number);
            return 0;
        }
    }
    while (wait(NULL) > 0)
        ;
    return 0;
}
