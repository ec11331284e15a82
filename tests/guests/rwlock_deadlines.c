/* Timed entering of read-write locks: deadlines past and malformed, with the lock free and taken; clocks that are none. */
#include "tell.h"

#include <pthread.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

static void readers_and_writers(void)
{
    TELL(pthread_rwlock_timedrdlock(&lock, MALFORMED));
    TELL(pthread_rwlock_timedrdlock(&lock, NEGATIVE));
    TELL(pthread_rwlock_timedwrlock(&lock, MALFORMED));
    TELL(pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, MALFORMED));
    TELL(pthread_rwlock_clockwrlock(&lock, CLOCK_REALTIME, NEGATIVE));
    TELL(pthread_rwlock_clockrdlock(&lock, 12345, PAST));
    TELL(pthread_rwlock_clockwrlock(&lock, CLOCK_PROCESS_CPUTIME_ID, PAST));
}

static void *taken(void *unused)
{
    readers_and_writers();
    TELL(pthread_rwlock_timedrdlock(&lock, PAST));
    TELL(pthread_rwlock_timedrdlock(&lock, BEFORE_THE_EPOCH));
    TELL(pthread_rwlock_timedwrlock(&lock, BEFORE_THE_EPOCH));
    return unused;
}

int main(void)
{
    pthread_t thread;
    readers_and_writers();
    TELL(pthread_rwlock_timedrdlock(&lock, PAST));
    TELL(pthread_rwlock_unlock(&lock));
    TELL(pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, BEFORE_THE_EPOCH));
    pthread_create(&thread, NULL, taken, NULL);
    pthread_join(thread, NULL);
    TELL(pthread_rwlock_unlock(&lock));
    TELL(pthread_rwlock_destroy(&lock));
    return 0;
}
