/* The same with nothing but the create itself before the use. To see it natively, a sleep is needed. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static int *settings;

static void *worker(void *unused)
{
    return (void *)(long)settings[0];
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, worker, NULL);
    int *made = malloc(sizeof *made);
    *made = 5;
    settings = made;
    void *value;
    pthread_join(thread, &value);
    printf("%ld\n", (long)value);
    return 0;
}
