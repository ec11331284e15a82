/* Threads that wait for a robust mutex while its owner ends without unlocking: the first to get it is told. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#define WAITERS 3

static pthread_mutex_t mutex;
static pthread_barrier_t start;
static int dead_owners, clean, other;

static void *owner(void *unused)
{
    pthread_mutex_lock(&mutex);
    pthread_barrier_wait(&start);
    sched_yield();
    return unused;
}

static void *waiter(void *unused)
{
    pthread_barrier_wait(&start);
    int error = pthread_mutex_lock(&mutex);
    if (error == EOWNERDEAD) {
        dead_owners++;
        pthread_mutex_consistent(&mutex);
    } else if (error == 0) {
        clean++;
    } else {
        other++;
    }
    pthread_mutex_unlock(&mutex);
    return unused;
}

int main(void)
{
    pthread_t threads[WAITERS + 1];
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&mutex, &attributes);
    pthread_barrier_init(&start, NULL, WAITERS + 1);
    for (int i = 0; i <= WAITERS; i++)
        pthread_create(&threads[i], NULL, i == 0 ? owner : waiter, NULL);
    for (int i = 0; i <= WAITERS; i++)
        pthread_join(threads[i], NULL);
    printf("owner found dead %d times, clean %d times, otherwise %d times\n", dead_owners, clean, other);
    return 0;
}
