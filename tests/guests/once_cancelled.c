/* A thread is cancelled inside an initialiser: it counts as not run, and another runs it. */
#include "tell.h"

#include <pthread.h>
#include <semaphore.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t inside, never;
static int started, done, cleaned;

static void clean(void *unused)
{
    cleaned++;
}

static void initialise(void)
{
    pthread_cleanup_push(clean, NULL);
    if (started++ == 0) {
        sem_post(&inside);
        sem_wait(&never);
    }
    pthread_cleanup_pop(0);
    done++;
}

static void *first(void *unused)
{
    pthread_once(&once, initialise);
    return unused;
}

static void *second(void *unused)
{
    pthread_once(&once, initialise);
    return unused;
}

int main(void)
{
    pthread_t threads[3];
    void *value;
    sem_init(&inside, 0, 0);
    sem_init(&never, 0, 0);
    pthread_create(&threads[0], NULL, first, NULL);
    sem_wait(&inside);
    for (int i = 1; i < 3; i++)
        pthread_create(&threads[i], NULL, second, NULL);
    TELL(pthread_cancel(threads[0]));
    TELL(pthread_join(threads[0], &value));
    printf("cancelled: %s\n", value == PTHREAD_CANCELED ? "yes" : "no");
    for (int i = 1; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("started %d, done %d, cleaned %d\n", started, done, cleaned);
    TELL(pthread_once(&once, initialise));
    return 0;
}
