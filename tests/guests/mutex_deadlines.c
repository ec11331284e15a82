/* Timed locks: free, taken, expired, long before the epoch, malformed, on a clock that there is not. */
#include "tell.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;

static void *taken(void *unused)
{
    TELL(pthread_mutex_timedlock(&lock, SOON(CLOCK_REALTIME)));
    TELL(pthread_mutex_timedlock(&lock, PAST));
    TELL(pthread_mutex_timedlock(&lock, BEFORE_THE_EPOCH));
    TELL(pthread_mutex_timedlock(&lock, MALFORMED));
    TELL(pthread_mutex_timedlock(&lock, NEGATIVE));
    TELL(pthread_mutex_clocklock(&lock, CLOCK_REALTIME, SOON(CLOCK_REALTIME)));
    TELL(pthread_mutex_clocklock(&lock, CLOCK_MONOTONIC, PAST));
    TELL(pthread_mutex_clocklock(&lock, CLOCK_MONOTONIC, MALFORMED));
    TELL(pthread_mutex_clocklock(&lock, CLOCK_PROCESS_CPUTIME_ID, SOON(CLOCK_MONOTONIC)));
    TELL(pthread_mutex_clocklock(&lock, 12345, PAST));
    return unused;
}

static void *waits(void *unused)
{
    int *got = unused;
    *got = pthread_mutex_timedlock(&lock, LATE(CLOCK_REALTIME));
    pthread_mutex_unlock(&lock);
    *got |= pthread_mutex_clocklock(&lock, CLOCK_MONOTONIC, LATE(CLOCK_MONOTONIC));
    pthread_mutex_unlock(&lock);
    return unused;
}

int main(void)
{
    pthread_t thread, threads[3];
    int got[3];
    /* free: no clock is looked at */
    TELL(pthread_mutex_timedlock(&lock, PAST));
    TELL(pthread_mutex_unlock(&lock));
    TELL(pthread_mutex_timedlock(&lock, MALFORMED));
    TELL(pthread_mutex_unlock(&lock));
    TELL(pthread_mutex_clocklock(&lock, CLOCK_MONOTONIC, NEGATIVE));
    TELL(pthread_mutex_unlock(&lock));
    TELL(pthread_mutex_clocklock(&lock, 12345, PAST));
    TELL(pthread_mutex_clocklock(&checked, CLOCK_REALTIME, SOON(CLOCK_REALTIME)));
    TELL(pthread_mutex_clocklock(&checked, CLOCK_REALTIME, MALFORMED));
    TELL(pthread_mutex_unlock(&checked));

    TELL(pthread_mutex_lock(&lock));
    pthread_create(&thread, NULL, taken, NULL);
    pthread_join(thread, NULL);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, waits, &got[i]);
    sched_yield();
    TELL(pthread_mutex_unlock(&lock));
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        printf("waiter %d got it: %s\n", i, tell_name(got[i]));
    }
    TELL(pthread_mutex_destroy(&lock));
    return 0;
}
