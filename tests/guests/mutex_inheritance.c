/* Mutexes with priority inheritance, and with a ceiling where that is allowed. */
#include "tell.h"

#include <pthread.h>

static pthread_mutex_t mutex;
static int count;

static void *adds(void *unused)
{
    for (int i = 0; i < 4; i++) {
        pthread_mutex_lock(&mutex);
        int seen = count;
        sched_yield();
        count = seen + 1;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static void *other(void *unused)
{
    TELL(pthread_mutex_trylock(&mutex));
    TELL(pthread_mutex_timedlock(&mutex, SOON(CLOCK_REALTIME)));
    return unused;
}

static void with_type(int type, int robust)
{
    pthread_mutexattr_t attributes;
    pthread_t threads[3];
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setrobust(&attributes, robust);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    TELL(pthread_mutex_init(&mutex, &attributes));
    TELL(pthread_mutex_lock(&mutex));
    TELL(pthread_mutex_trylock(&mutex));
    if (type == PTHREAD_MUTEX_RECURSIVE)
        TELL(pthread_mutex_unlock(&mutex));
    pthread_create(&threads[0], NULL, other, NULL);
    pthread_join(threads[0], NULL);
    TELL(pthread_mutex_unlock(&mutex));
    count = 0;
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, adds, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("count %d\n", count);
    TELL(pthread_mutex_destroy(&mutex));
}

int main(void)
{
    with_type(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED);
    with_type(PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
    with_type(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED);
    with_type(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
    return 0;
}
