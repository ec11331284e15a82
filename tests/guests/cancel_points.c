/* Threads are cancelled where they wait: in each kind of cancellation point of the threads' own calls. Cleanup handlers
 * run, in order; after a condition wait with the mutex held. */
#include "tell.h"

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t none, inside;
static pthread_t sleeper;
static char trail[64];

static void note(void *text)
{
    strcat(trail, text);
}

static void unlock(void *mutex)
{
    /* held by us: an unlock by anybody else would be undefined, a try by us must fail */
    strcat(trail, pthread_mutex_trylock(mutex) == EBUSY ? "held " : "free ");
    pthread_mutex_unlock(mutex);
}

static void *sleeps(void *unused)
{
    sem_wait(&none);
    return unused;
}

static void *in_cond_wait(void *unused)
{
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(unlock, &lock);
    sem_post(&inside);
    for (;;)
        pthread_cond_wait(&never, &lock);
    pthread_cleanup_pop(0);
    return unused;
}

static void *in_cond_timedwait(void *unused)
{
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(unlock, &lock);
    sem_post(&inside);
    for (;;)
        pthread_cond_timedwait(&never, &lock, LATE(CLOCK_REALTIME));
    pthread_cleanup_pop(0);
    return unused;
}

static void *in_cond_clockwait(void *unused)
{
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(unlock, &lock);
    sem_post(&inside);
    for (;;)
        pthread_cond_clockwait(&never, &lock, CLOCK_MONOTONIC, LATE(CLOCK_MONOTONIC));
    pthread_cleanup_pop(0);
    return unused;
}

#define WAITS(name, call)                                                                                              \
    static void *name(void *unused)                                                                                    \
    {                                                                                                                  \
        pthread_cleanup_push(note, "outer ");                                                                          \
        pthread_cleanup_push(note, "inner ");                                                                          \
        sem_post(&inside);                                                                                             \
        for (;;)                                                                                                       \
            call;                                                                                                      \
        pthread_cleanup_pop(0);                                                                                        \
        pthread_cleanup_pop(0);                                                                                        \
        return unused;                                                                                                 \
    }

WAITS(in_sem_wait, sem_wait(&none))
WAITS(in_sem_timedwait, sem_timedwait(&none, LATE(CLOCK_REALTIME)))
WAITS(in_sem_clockwait, sem_clockwait(&none, CLOCK_MONOTONIC, LATE(CLOCK_MONOTONIC)))
WAITS(in_join, pthread_join(sleeper, NULL))
WAITS(in_timedjoin, pthread_timedjoin_np(sleeper, NULL, LATE(CLOCK_REALTIME)))
WAITS(in_clockjoin, pthread_clockjoin_np(sleeper, NULL, CLOCK_MONOTONIC, LATE(CLOCK_MONOTONIC)))
WAITS(in_testcancel, (sched_yield(), pthread_testcancel()))

static void cancel(const char *what, void *(*routine)(void *))
{
    pthread_t thread;
    void *value = NULL;
    trail[0] = 0;
    pthread_create(&thread, NULL, routine, NULL);
    sem_wait(&inside);
    int cancelled = pthread_cancel(thread);
    int joined = pthread_join(thread, &value);
    printf("%s: %d %d, %s, %s\n", what, cancelled, joined, value == PTHREAD_CANCELED ? "cancelled" : "not cancelled", trail);
    if (pthread_mutex_trylock(&lock) != 0)
        printf("the lock was left taken\n");
    else
        pthread_mutex_unlock(&lock);
}

int main(void)
{
    sem_init(&none, 0, 0);
    sem_init(&inside, 0, 0);
    pthread_create(&sleeper, NULL, sleeps, NULL);
    cancel("cond_wait", in_cond_wait);
    cancel("cond_timedwait", in_cond_timedwait);
    cancel("cond_clockwait", in_cond_clockwait);
    cancel("sem_wait", in_sem_wait);
    cancel("sem_timedwait", in_sem_timedwait);
    cancel("sem_clockwait", in_sem_clockwait);
    cancel("join", in_join);
    cancel("timedjoin", in_timedjoin);
    cancel("clockjoin", in_clockjoin);
    cancel("testcancel", in_testcancel);
    sem_post(&none); /* the cancelled joins have left it joinable */
    TELL(pthread_join(sleeper, NULL));
    return 0;
}
