/* Joins that try, and that wait for a limited time; the thread stays joinable after them. */
#include "tell.h"

#include <pthread.h>
#include <semaphore.h>

static sem_t inside, go;

static void *sleeps(void *value)
{
    sem_post(&inside);
    sem_wait(&go);
    return value;
}

int main(void)
{
    pthread_t threads[5];
    void *value = NULL;
    sem_init(&inside, 0, 0);
    sem_init(&go, 0, 0);
    for (long i = 0; i < 5; i++)
        TELL(pthread_create(&threads[i], NULL, sleeps, (void *)(i + 1)));
    for (int i = 0; i < 5; i++)
        sem_wait(&inside);
    TELL(pthread_tryjoin_np(threads[0], &value));
    TELL(pthread_timedjoin_np(threads[0], &value, SOON(CLOCK_REALTIME)));
    TELL(pthread_timedjoin_np(threads[0], &value, PAST));
    TELL(pthread_clockjoin_np(threads[0], &value, CLOCK_MONOTONIC, SOON(CLOCK_MONOTONIC)));
    TELL(pthread_clockjoin_np(threads[0], &value, CLOCK_REALTIME, SOON(CLOCK_REALTIME)));
    printf("value untouched: %s\n", value ? "no" : "yes");
    for (int i = 0; i < 5; i++)
        sem_post(&go);
    int error;
    while ((error = pthread_tryjoin_np(threads[0], &value)) == EBUSY)
        sched_yield();
    printf("tryjoin at last: %s, value %ld\n", tell_name(error), (long)value);
    TELL(pthread_timedjoin_np(threads[1], &value, LATE(CLOCK_REALTIME)));
    printf("value %ld\n", (long)value);
    TELL(pthread_clockjoin_np(threads[2], &value, CLOCK_MONOTONIC, LATE(CLOCK_MONOTONIC)));
    printf("value %ld\n", (long)value);
    TELL(pthread_timedjoin_np(threads[3], &value, NULL));
    printf("value %ld\n", (long)value);
    TELL(pthread_join(threads[4], &value));
    printf("value %ld\n", (long)value);
    return 0;
}
