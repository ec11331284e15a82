/* Joins that cannot be: of oneself, of each other, of the detached, of a thread that another joins. */
#include "tell.h"

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

static sem_t inside, go;
static pthread_t main_thread, first;

static void *sleeps(void *value)
{
    sem_post(&inside);
    sem_wait(&go);
    return value;
}

/* Two that ask in the same moment might both miss the ring, natively: main must sleep first. It has nowhere else to. */
static void until_main_sleeps(void)
{
    char path[64], line[256], state = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
    while (state != 'S') {
        FILE *file = fopen(path, "r");
        if (!file || !fgets(line, sizeof line, file))
            break;
        state = strrchr(line, ')')[2];
        fclose(file);
    }
}

static void *joins_main(void *unused)
{
    sem_wait(&go);
    until_main_sleeps();
    return (void *)(long)pthread_join(main_thread, NULL);
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
    void *value = NULL;
    main_thread = pthread_self();
    sem_init(&inside, 0, 0);
    sem_init(&go, 0, 0);
    TELL(pthread_join(pthread_self(), NULL));
    TELL(pthread_tryjoin_np(pthread_self(), NULL));
    TELL(pthread_timedjoin_np(pthread_self(), NULL, PAST));
    TELL(pthread_clockjoin_np(pthread_self(), NULL, CLOCK_MONOTONIC, PAST));

    TELL(pthread_create(&thread, NULL, detaches_itself, NULL));
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

    /* a ring of two: whoever comes second is told */
    pthread_create(&first, NULL, joins_main, NULL);
    sem_post(&go);
    int error = pthread_join(first, &value);
    long other = error == 0 ? (long)value : 0;
    printf("the ring was seen %s\n", (error == EDEADLK) + (other == EDEADLK) == 1 ? "once" : "otherwise");
    return 0;
}
