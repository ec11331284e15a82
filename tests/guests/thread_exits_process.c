/* A thread ends the process, with handlers and all, while main waits for another and a third holds a lock. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t holding, never;

static void at_end(void)
{
    printf("at exit\n");
}

static void *holds(void *unused)
{
    pthread_mutex_lock(&lock);
    sem_post(&holding);
    sem_wait(&never);
    return unused;
}

static void *exits(void *unused)
{
    sem_wait(&holding);
    printf("trylock %s\n", pthread_mutex_trylock(&lock) == 0 ? "got it" : "busy");
    exit(5);
}

int main(void)
{
    pthread_t holder, exiter;
    sem_init(&holding, 0, 0);
    sem_init(&never, 0, 0);
    atexit(at_end);
    pthread_create(&holder, NULL, holds, NULL);
    pthread_create(&exiter, NULL, exits, NULL);
    pthread_join(holder, NULL);
    printf("never\n");
    return 0;
}
