/* Timed waits: on both clocks, expired, malformed, woken in time; with locks of every type, whose depth is kept. */
#include "tell.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_cond_t realtime = PTHREAD_COND_INITIALIZER, monotonic;
static int go;

static void *waker(void *unused)
{
    pthread_mutex_lock(&lock);
    go = 1;
    pthread_cond_broadcast(&realtime);
    pthread_cond_broadcast(&monotonic);
    pthread_mutex_unlock(&lock);
    return unused;
}

static void expired(void)
{
    TELL(pthread_cond_timedwait(&realtime, &lock, SOON(CLOCK_REALTIME)));
    TELL(pthread_mutex_trylock(&lock)); /* is it held again? */
    TELL(pthread_cond_timedwait(&realtime, &lock, PAST));
    TELL(pthread_cond_timedwait(&realtime, &lock, BEFORE_THE_EPOCH));
    TELL(pthread_cond_timedwait(&realtime, &lock, MALFORMED));
    TELL(pthread_cond_timedwait(&realtime, &lock, NEGATIVE));
    TELL(pthread_cond_timedwait(&monotonic, &lock, SOON(CLOCK_MONOTONIC)));
    TELL(pthread_cond_timedwait(&monotonic, &lock, PAST));
    TELL(pthread_cond_clockwait(&realtime, &lock, CLOCK_MONOTONIC, SOON(CLOCK_MONOTONIC)));
    TELL(pthread_cond_clockwait(&monotonic, &lock, CLOCK_REALTIME, SOON(CLOCK_REALTIME)));
    TELL(pthread_cond_clockwait(&realtime, &lock, CLOCK_MONOTONIC, PAST));
    TELL(pthread_cond_clockwait(&realtime, &lock, CLOCK_MONOTONIC, MALFORMED));
    TELL(pthread_cond_clockwait(&realtime, &lock, 12345, PAST));
    TELL(pthread_cond_clockwait(&realtime, &lock, CLOCK_THREAD_CPUTIME_ID, PAST));
    TELL(pthread_mutex_trylock(&lock));
}

int main(void)
{
    pthread_condattr_t attributes;
    pthread_t thread;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    TELL(pthread_cond_init(&monotonic, &attributes));
    pthread_mutex_lock(&lock);
    expired();
    pthread_create(&thread, NULL, waker, NULL);
    if (!go)
        pthread_cond_timedwait(&realtime, &lock, LATE(CLOCK_REALTIME));
    while (!go) /* a policy may leave the CPU idle until then */
        pthread_cond_wait(&realtime, &lock);
    go = 0;
    TELL(pthread_mutex_unlock(&lock));
    pthread_join(thread, NULL);
    pthread_mutex_lock(&lock);
    pthread_create(&thread, NULL, waker, NULL);
    if (!go)
        pthread_cond_clockwait(&monotonic, &lock, CLOCK_MONOTONIC, LATE(CLOCK_MONOTONIC));
    while (!go)
        pthread_cond_wait(&monotonic, &lock);
    TELL(pthread_mutex_unlock(&lock));
    pthread_join(thread, NULL);

    TELL(pthread_mutex_lock(&recursive));
    TELL(pthread_cond_timedwait(&realtime, &recursive, SOON(CLOCK_REALTIME)));
    TELL(pthread_mutex_unlock(&recursive));
    TELL(pthread_mutex_unlock(&recursive));
    TELL(pthread_cond_wait(&realtime, &checked));
    TELL(pthread_cond_timedwait(&realtime, &checked, SOON(CLOCK_REALTIME)));
    TELL(pthread_mutex_lock(&checked));
    TELL(pthread_cond_timedwait(&realtime, &checked, SOON(CLOCK_REALTIME)));
    TELL(pthread_mutex_lock(&checked));
    TELL(pthread_mutex_unlock(&checked));
    TELL(pthread_cond_destroy(&monotonic));
    return 0;
}
