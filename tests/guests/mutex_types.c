/* Every type of mutex: what each call answers to its owner and to another. */
#include "tell.h"

#include <pthread.h>

static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_mutex_t adaptive = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t made;

static void *other(void *argument)
{
    pthread_mutex_t *mutex = argument;
    TELL(pthread_mutex_trylock(mutex));
    TELL(pthread_mutex_timedlock(mutex, SOON(CLOCK_REALTIME)));
    TELL(pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, SOON(CLOCK_MONOTONIC)));
    return NULL;
}

static void *unlocker(void *argument)
{
    TELL(pthread_mutex_unlock(argument));
    return NULL;
}

static void beside(void *(*routine)(void *), pthread_mutex_t *mutex)
{
    pthread_t thread;
    pthread_create(&thread, NULL, routine, mutex);
    pthread_join(thread, NULL);
}

static void with_type(int type)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    TELL(pthread_mutex_init(&made, &attributes));
    pthread_mutexattr_destroy(&attributes);
    TELL(pthread_mutex_lock(&made));
    TELL(pthread_mutex_trylock(&made));
    beside(other, &made);
    TELL(pthread_mutex_destroy(&made));
    TELL(pthread_mutex_unlock(&made));
    TELL(pthread_mutex_destroy(&made));
}

int main(void)
{
    TELL(pthread_mutex_lock(&plain));
    TELL(pthread_mutex_trylock(&plain));
    TELL(pthread_mutex_timedlock(&plain, SOON(CLOCK_REALTIME)));
    TELL(pthread_mutex_timedlock(&plain, PAST));
    beside(other, &plain);
    TELL(pthread_mutex_unlock(&plain));

    for (int depth = 0; depth < 3; depth++)
        TELL(pthread_mutex_lock(&recursive));
    TELL(pthread_mutex_trylock(&recursive));
    TELL(pthread_mutex_timedlock(&recursive, PAST));
    beside(other, &recursive);
    beside(unlocker, &recursive);
    for (int depth = 0; depth < 4; depth++)
        TELL(pthread_mutex_unlock(&recursive));
    beside(other, &recursive);
    TELL(pthread_mutex_unlock(&recursive));
    TELL(pthread_mutex_unlock(&recursive));

    TELL(pthread_mutex_unlock(&checked));
    TELL(pthread_mutex_lock(&checked));
    TELL(pthread_mutex_lock(&checked));
    TELL(pthread_mutex_trylock(&checked));
    TELL(pthread_mutex_timedlock(&checked, LATE(CLOCK_REALTIME)));
    TELL(pthread_mutex_clocklock(&checked, CLOCK_MONOTONIC, LATE(CLOCK_MONOTONIC)));
    beside(other, &checked);
    beside(unlocker, &checked);
    TELL(pthread_mutex_unlock(&checked));

    TELL(pthread_mutex_lock(&adaptive));
    TELL(pthread_mutex_trylock(&adaptive));
    beside(other, &adaptive);
    TELL(pthread_mutex_unlock(&adaptive));

    TELL(pthread_mutex_init(&made, NULL));
    TELL(pthread_mutex_lock(&made));
    TELL(pthread_mutex_unlock(&made));
    TELL(pthread_mutex_destroy(&made));
    with_type(PTHREAD_MUTEX_NORMAL);
    with_type(PTHREAD_MUTEX_RECURSIVE);
    with_type(PTHREAD_MUTEX_ERRORCHECK);
    with_type(PTHREAD_MUTEX_ADAPTIVE_NP);
    return 0;
}
