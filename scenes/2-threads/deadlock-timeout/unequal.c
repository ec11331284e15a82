/* Opposite orders, but nobody waits for ever: who does not get the second lock
 * in time lets go of the first. One is more patient. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t B = PTHREAD_MUTEX_INITIALIZER;

static int lock_within(pthread_mutex_t *lock, int milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += milliseconds * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    return pthread_mutex_timedlock(lock, &until);
}

static void *first(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&A);
        if (lock_within(&B, 20) == 0)
            break;
        pthread_mutex_unlock(&A); /* not in time: let go, once more */
    }
    printf("first: got both\n");
    pthread_mutex_unlock(&B);
    pthread_mutex_unlock(&A);
    return NULL;
}

static void *second(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&B);
        if (lock_within(&A, 50) == 0)
            break;
        pthread_mutex_unlock(&B); /* not in time: let go, once more */
    }
    printf("second: got both\n");
    pthread_mutex_unlock(&A);
    pthread_mutex_unlock(&B);
    return NULL;
}

int main(void)
{
    pthread_t one, two;
    pthread_create(&one, NULL, first, NULL);
    pthread_create(&two, NULL, second, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    printf("main: both are done\n");
    return 0;
}
