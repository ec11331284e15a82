/* Unnamed semaphores: counts, waits, tries, deadlines, overflow, errors. */
#include "tell.h"

#include <limits.h>
#include <pthread.h>
#include <semaphore.h>

static sem_t rooms, none, done;
static int inside, most;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *guest(void *argument)
{
    sem_wait(&rooms);
    pthread_mutex_lock(&lock);
    if (++inside > most)
        most = inside;
    pthread_mutex_unlock(&lock);
    sched_yield();
    pthread_mutex_lock(&lock);
    inside--;
    pthread_mutex_unlock(&lock);
    sem_post(&rooms);
    sem_post(&done);
    return argument;
}

static void *late(void *argument)
{
    int *got = argument;
    *got = sem_timedwait(&none, LATE(CLOCK_REALTIME)) + sem_clockwait(&none, CLOCK_MONOTONIC, LATE(CLOCK_MONOTONIC));
    return NULL;
}

int main(void)
{
    pthread_t threads[4];
    int value = -1, got[2];
    TELL_ERRNO(sem_init(&rooms, 0, 2));
    TELL_ERRNO(sem_init(&none, 0, 0));
    TELL_ERRNO(sem_init(&done, 0, (unsigned)INT_MAX + 1));
    TELL_ERRNO(sem_init(&done, 0, INT_MAX));
    TELL_ERRNO(sem_post(&done));
    TELL_ERRNO(sem_getvalue(&done, &value));
    printf("value %s\n", value == INT_MAX ? "INT_MAX" : "other");
    TELL_ERRNO(sem_destroy(&done));
    TELL_ERRNO(sem_init(&done, 0, 0));
    TELL_ERRNO(sem_wait(&rooms));
    TELL_ERRNO(sem_trywait(&rooms));
    TELL_ERRNO(sem_trywait(&rooms));
    TELL_ERRNO(sem_timedwait(&rooms, SOON(CLOCK_REALTIME)));
    TELL_ERRNO(sem_timedwait(&rooms, PAST));
    TELL_ERRNO(sem_timedwait(&rooms, BEFORE_THE_EPOCH));
    TELL_ERRNO(sem_timedwait(&rooms, MALFORMED));
    TELL_ERRNO(sem_clockwait(&rooms, CLOCK_MONOTONIC, SOON(CLOCK_MONOTONIC)));
    TELL_ERRNO(sem_clockwait(&rooms, CLOCK_REALTIME, SOON(CLOCK_REALTIME)));
    TELL_ERRNO(sem_clockwait(&rooms, CLOCK_MONOTONIC, NEGATIVE));
    TELL_ERRNO(sem_clockwait(&rooms, 12345, PAST));
    TELL_ERRNO(sem_post(&rooms));
    TELL_ERRNO(sem_timedwait(&rooms, PAST));
    TELL_ERRNO(sem_post(&rooms));
    TELL_ERRNO(sem_clockwait(&rooms, CLOCK_MONOTONIC, PAST));
    TELL_ERRNO(sem_post(&rooms));
    TELL_ERRNO(sem_timedwait(&rooms, MALFORMED));
    TELL_ERRNO(sem_post(&rooms));
    TELL_ERRNO(sem_getvalue(&rooms, &value));
    printf("value %d\n", value);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, guest, NULL);
    for (int i = 0; i < 4; i++)
        TELL_ERRNO(sem_wait(&done));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    printf("never more than two inside: %s\n", most <= 2 ? "yes" : "no");
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, late, &got[i]);
    for (int i = 0; i < 4; i++)
        sem_post(&none);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    TELL_ERRNO(sem_getvalue(&none, &value));
    printf("value %d, late ones got %d and %d\n", value, got[0], got[1]);
    TELL_ERRNO(sem_destroy(&none));
    return 0;
}
