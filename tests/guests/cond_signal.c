/* Condition variables: signal wakes one, broadcast all, a signal to nobody is lost, waiting releases the lock. */
#include "tell.h"

#include <pthread.h>

#define WAITERS 4

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER, arrived;
static int waiting, tickets, served, all, finished;

static void *waiter(void *argument)
{
    pthread_mutex_lock(&lock);
    waiting++;
    pthread_cond_signal(&arrived);
    while (tickets == 0)
        pthread_cond_wait(&changed, &lock);
    tickets--;
    served++;
    pthread_cond_signal(&arrived);
    while (!all)
        pthread_cond_wait(&changed, &lock);
    finished++;
    pthread_mutex_unlock(&lock);
    return argument;
}

int main(void)
{
    pthread_t threads[WAITERS];
    TELL(pthread_cond_init(&arrived, NULL));
    TELL(pthread_cond_signal(&changed));
    TELL(pthread_cond_broadcast(&changed));
    for (int i = 0; i < WAITERS; i++)
        pthread_create(&threads[i], NULL, waiter, NULL);
    pthread_mutex_lock(&lock);
    while (waiting < WAITERS)
        pthread_cond_wait(&arrived, &lock);
    printf("all wait, the lock is ours\n");
    for (int i = 0; i < WAITERS; i++) {
        tickets++;
        /* those who were served wait for `all` on the same variable, so a single signal might wake a wrong one */
        TELL(pthread_cond_broadcast(&changed));
        while (served <= i)
            pthread_cond_wait(&arrived, &lock);
        printf("served %d, tickets left %d\n", served, tickets);
    }
    all = 1;
    TELL(pthread_cond_broadcast(&changed));
    TELL(pthread_mutex_unlock(&lock));
    for (int i = 0; i < WAITERS; i++)
        pthread_join(threads[i], NULL);
    printf("finished %d\n", finished);
    TELL(pthread_cond_destroy(&changed));
    TELL(pthread_cond_destroy(&arrived));
    return 0;
}
