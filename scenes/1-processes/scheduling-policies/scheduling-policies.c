/* Three jobs arrive at the same moment: a long one, a middle one, a short one.
 * In which order they get the CPU is the scheduler's choice. */
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int unit; /* of work; each job has its own */

static void job(int units, const struct timespec *arrival)
{
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, arrival, NULL);
    for (int i = 1; i <= units; i++)
        unit = i; /* one step on the CPU */
}

int main(void)
{
    const int lengths[] = {10, 4, 1};
    struct timespec arrival;
    clock_gettime(CLOCK_MONOTONIC, &arrival);
    arrival.tv_sec += 1; /* all three are here by then */

    for (int i = 0; i < 3; i++) {
        if (fork() == 0) {
            job(lengths[i], &arrival);
            return 0;
        }
    }
    usleep(1500000); /* all three have ended by then */
    while (wait(NULL) > 0)
        ;
    printf("all three jobs are done\n");
    return 0;
}
