/* main starts three threads and returns. It waits for nobody. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static void *line(void *argument)
{
    int me = (int)(intptr_t)argument;
    printf("line %d: at work\n", me);
    usleep(20000);
    printf("line %d: done\n", me);
    return NULL;
}

int main(void)
{
    pthread_t lines[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&lines[i], NULL, line, (void *)(intptr_t)(i + 1));
    usleep(10000);
    printf("main: I go home, the workshop closes\n");
    return 0; /* as good as exit(0): the whole process ends */
}
