/* Cancellation put off, allowed again, asynchronous; before a thread's first line, after its last, of oneself. */
#include "tell.h"

#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
static sem_t inside, go, none;
static int reached, cleaned;

static void clean(void *unused)
{
    cleaned++;
}

static void *put_off(void *unused)
{
    int old;
    TELL(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old));
    printf("old state %s\n", old == PTHREAD_CANCEL_ENABLE ? "enabled" : "disabled");
    sem_post(&inside);
    sem_wait(&go); /* the request is here by now */
    pthread_testcancel();
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    sem_timedwait(&none, SOON(CLOCK_REALTIME));
    reached = 1;
    pthread_cleanup_push(clean, NULL);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
    reached = 2; /* to allow it is no cancellation point */
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    pthread_barrier_wait(&barrier);
    reached = 3; /* nor are locks and barriers */
    sem_wait(&none);
    reached = 4;
    pthread_cleanup_pop(0);
    return unused;
}

static void *asynchronous(void *unused)
{
    int old;
    TELL(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old));
    printf("old type %s\n", old == PTHREAD_CANCEL_DEFERRED ? "deferred" : "asynchronous");
    pthread_cleanup_push(clean, NULL);
    sem_post(&inside);
    for (;;)
        sched_yield(); /* no cancellation point */
    pthread_cleanup_pop(0);
    return unused;
}

static void *plain(void *unused)
{
    pthread_cleanup_push(clean, NULL);
    sem_wait(&none);
    pthread_cleanup_pop(0);
    return unused;
}

static void *itself(void *unused)
{
    pthread_cleanup_push(clean, NULL);
    TELL(pthread_cancel(pthread_self()));
    reached = 5;
    pthread_testcancel();
    reached = 6;
    pthread_cleanup_pop(0);
    return unused;
}

static void *short_lived(void *unused)
{
    sem_post(&inside);
    return unused;
}

static void end(const char *what, pthread_t thread)
{
    void *value = NULL;
    int error = pthread_join(thread, &value);
    printf("%s: %d, %s, reached %d, cleaned %d\n", what, error, value == PTHREAD_CANCELED ? "cancelled" : "not cancelled", reached,
           cleaned);
    reached = cleaned = 0;
}

int main(void)
{
    pthread_t thread;
    sem_init(&inside, 0, 0);
    sem_init(&go, 0, 0);
    sem_init(&none, 0, 0);
    pthread_barrier_init(&barrier, NULL, 1);
    TELL(pthread_setcanceltype(12345, NULL));
    TELL(pthread_setcancelstate(12345, NULL));
    pthread_create(&thread, NULL, put_off, NULL);
    sem_wait(&inside);
    TELL(pthread_cancel(thread));
    sem_post(&go);
    end("put off", thread);
    pthread_create(&thread, NULL, asynchronous, NULL);
    sem_wait(&inside);
    TELL(pthread_cancel(thread));
    end("asynchronous", thread);
    pthread_create(&thread, NULL, plain, NULL);
    pthread_cancel(thread); /* perhaps before its first line: it ends at its first cancellation point */
    end("at once", thread);
    pthread_create(&thread, NULL, itself, NULL);
    end("itself", thread);
    pthread_create(&thread, NULL, short_lived, NULL);
    sem_wait(&inside);
    pthread_join(thread, NULL);
    int disabled, type;
    TELL(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &disabled));
    TELL(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL));
    TELL(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type));
    return 0;
}
