/* Joins that cannot be: of oneself, of the detached. (A ring of two joins just hangs in glibc 2.36.) */
#include "tell.h"

#include <pthread.h>
#include <semaphore.h>

static sem_t inside, go;

static void *sleeps(void *value)
{
    sem_post(&inside);
    sem_wait(&go);
    return value;
}

static void *detaches_itself(void *unused)
{
    TELL(pthread_detach(pthread_self()));
    TELL(pthread_detach(pthread_self()));
    sem_post(&inside);
    sem_wait(&go);
    sem_post(&inside);
    return unused;
}

int main(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sem_init(&inside, 0, 0);
    sem_init(&go, 0, 0);
    TELL(pthread_join(pthread_self(), NULL));
    TELL(pthread_tryjoin_np(pthread_self(), NULL));
    TELL(pthread_timedjoin_np(pthread_self(), NULL, PAST));
    TELL(pthread_clockjoin_np(pthread_self(), NULL, CLOCK_MONOTONIC, PAST));

    pthread_create(&thread, NULL, detaches_itself, NULL); /* not told: the thread tells at once */
    sem_wait(&inside);
    TELL(pthread_join(thread, NULL));
    TELL(pthread_tryjoin_np(thread, NULL));
    TELL(pthread_timedjoin_np(thread, NULL, PAST));
    TELL(pthread_detach(thread));
    sem_post(&go);
    sem_wait(&inside);

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    TELL(pthread_create(&thread, &attributes, sleeps, NULL));
    sem_wait(&inside);
    TELL(pthread_join(thread, NULL));
    sem_post(&go);
    return 0;
}
