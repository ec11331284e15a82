/* Three jobs, handed in together: one computes, two mostly wait for a device.
 * How long a device takes: the argument, in milliseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int work; /* units computed; each job has its own */

static useconds_t device_time = 20000;

static void compute(int units)
{
    for (int unit = 1; unit <= units; unit++)
        work = unit;
}

static void read_card(void)
{
    usleep(device_time); /* the device works, the CPU is free */
}

static void weather(void) /* a forecast */
{
    compute(20);
    printf("weather: the forecast is ready\n");
}

static void wages(void) /* one employee a card */
{
    for (int employee = 1; employee <= 3; employee++) {
        read_card();
        compute(2);
    }
    printf("wages: all are paid\n");
}

static void letter(void) /* the shortest */
{
    read_card();
    printf("letter: written\n");
}

int main(int argc, char **argv)
{
    void (*jobs[])(void) = {weather, wages, letter};
    if (argc > 1)
        device_time = (useconds_t)atoi(argv[1]) * 1000;
    for (int i = 0; i < 3; i++) {
        if (fork() == 0) {
            jobs[i]();
            return 0;
        }
    }
    while (wait(NULL) > 0)
        ;
    return 0;
}
