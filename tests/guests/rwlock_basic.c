/* Read-write locks: who gets in beside whom, what the tries and the deadlines answer, errors of the owner. */
#include "tell.h"

#include <pthread.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t writers_first = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

static void *while_read(void *argument)
{
    pthread_rwlock_t *book = argument;
    TELL(pthread_rwlock_tryrdlock(book));
    TELL(pthread_rwlock_unlock(book));
    TELL(pthread_rwlock_rdlock(book));
    TELL(pthread_rwlock_unlock(book));
    TELL(pthread_rwlock_timedrdlock(book, SOON(CLOCK_REALTIME)));
    TELL(pthread_rwlock_unlock(book));
    TELL(pthread_rwlock_trywrlock(book));
    TELL(pthread_rwlock_timedwrlock(book, SOON(CLOCK_REALTIME)));
    TELL(pthread_rwlock_clockwrlock(book, CLOCK_MONOTONIC, SOON(CLOCK_MONOTONIC)));
    TELL(pthread_rwlock_tryrdlock(book)); /* a writer that gave up does not stand in the way */
    TELL(pthread_rwlock_unlock(book));
    return NULL;
}

static void *while_written(void *argument)
{
    pthread_rwlock_t *book = argument;
    TELL(pthread_rwlock_tryrdlock(book));
    TELL(pthread_rwlock_trywrlock(book));
    TELL(pthread_rwlock_timedrdlock(book, SOON(CLOCK_REALTIME)));
    TELL(pthread_rwlock_clockrdlock(book, CLOCK_MONOTONIC, SOON(CLOCK_MONOTONIC)));
    TELL(pthread_rwlock_clockrdlock(book, CLOCK_REALTIME, PAST));
    TELL(pthread_rwlock_timedwrlock(book, PAST));
    TELL(pthread_rwlock_clockwrlock(book, CLOCK_MONOTONIC, SOON(CLOCK_MONOTONIC)));
    return NULL;
}

static void beside(void *(*routine)(void *), pthread_rwlock_t *book)
{
    pthread_t thread;
    pthread_create(&thread, NULL, routine, book);
    pthread_join(thread, NULL);
}

static void try_all(pthread_rwlock_t *book)
{
    TELL(pthread_rwlock_rdlock(book));
    TELL(pthread_rwlock_rdlock(book)); /* a reader may come again */
    TELL(pthread_rwlock_trywrlock(book));
    TELL(pthread_rwlock_timedwrlock(book, SOON(CLOCK_REALTIME)));
    TELL(pthread_rwlock_unlock(book));
    beside(while_read, book);
    TELL(pthread_rwlock_unlock(book));
    TELL(pthread_rwlock_wrlock(book));
    TELL(pthread_rwlock_wrlock(book));
    TELL(pthread_rwlock_rdlock(book));
    TELL(pthread_rwlock_tryrdlock(book));
    TELL(pthread_rwlock_trywrlock(book));
    TELL(pthread_rwlock_timedwrlock(book, SOON(CLOCK_REALTIME)));
    TELL(pthread_rwlock_timedrdlock(book, SOON(CLOCK_REALTIME)));
    beside(while_written, book);
    TELL(pthread_rwlock_unlock(book));
    TELL(pthread_rwlock_trywrlock(book));
    TELL(pthread_rwlock_unlock(book));
}

int main(void)
{
    try_all(&lock);
    try_all(&writers_first);
    TELL(pthread_rwlock_destroy(&lock));
    TELL(pthread_rwlock_init(&lock, NULL));
    TELL(pthread_rwlock_timedwrlock(&lock, LATE(CLOCK_REALTIME)));
    TELL(pthread_rwlock_unlock(&lock));
    TELL(pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, LATE(CLOCK_MONOTONIC)));
    TELL(pthread_rwlock_unlock(&lock));
    TELL(pthread_rwlock_destroy(&lock));
    return 0;
}
