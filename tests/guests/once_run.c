/* pthread_once: once among many, with an initialiser that locks and waits; one inside another. */
#include "tell.h"

#include <pthread.h>
#include <semaphore.h>

static pthread_once_t once = PTHREAD_ONCE_INIT, outer = PTHREAD_ONCE_INIT, inner = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t ready;
static int ran, early, order;

static void initialise(void)
{
    pthread_mutex_lock(&lock);
    sched_yield();
    pthread_mutex_unlock(&lock);
    sem_wait(&ready);
    __atomic_add_fetch(&ran, 1, __ATOMIC_SEQ_CST);
}

static void run_inner(void)
{
    order = order * 10 + 1;
}

static void run_outer(void)
{
    TELL(pthread_once(&inner, run_inner));
    TELL(pthread_once(&inner, run_inner));
    order = order * 10 + 2;
}

static void *worker(void *argument)
{
    sem_post(&ready);
    pthread_once(&once, initialise);
    if (__atomic_load_n(&ran, __ATOMIC_SEQ_CST) != 1)
        __atomic_add_fetch(&early, 1, __ATOMIC_SEQ_CST);
    return argument;
}

int main(void)
{
    pthread_t threads[4];
    int left;
    sem_init(&ready, 0, 0);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, worker, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    sem_getvalue(&ready, &left);
    printf("ran %d, early %d, left %d\n", ran, early, left);
    TELL(pthread_once(&once, initialise));
    TELL(pthread_once(&outer, run_outer));
    printf("order %d\n", order);
    return 0;
}
