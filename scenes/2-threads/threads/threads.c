/* One workshop, three assembly lines: main starts three threads and waits. */
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
    printf("main: three lines are set up\n");
    for (int i = 0; i < 3; i++)
        pthread_join(lines[i], NULL);
    printf("main: all three are done, the workshop closes\n");
    return 0;
}
