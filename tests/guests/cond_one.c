/* One signal wakes exactly one of several waiters, each time. */
#include <pthread.h>
#include <stdio.h>

#define WAITERS 3

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER, back = PTHREAD_COND_INITIALIZER;
static int waiting, woken, permits;

static void *waiter(void *argument)
{
    pthread_mutex_lock(&lock);
    waiting++;
    pthread_cond_signal(&back);
    do
        pthread_cond_wait(&turn, &lock);
    while (permits == 0); /* POSIX allows to wake for nothing */
    permits--;
    woken++;
    pthread_cond_signal(&back);
    pthread_mutex_unlock(&lock);
    return argument;
}

int main(void)
{
    pthread_t threads[WAITERS];
    for (int i = 0; i < WAITERS; i++)
        pthread_create(&threads[i], NULL, waiter, NULL);
    pthread_mutex_lock(&lock);
    while (waiting < WAITERS)
        pthread_cond_wait(&back, &lock);
    for (int i = 1; i <= WAITERS; i++) {
        permits++;
        pthread_cond_signal(&turn);
        while (woken < i)
            pthread_cond_wait(&back, &lock);
        printf("after signal %d: %d woken\n", i, woken);
    }
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < WAITERS; i++)
        pthread_join(threads[i], NULL);
    return woken;
}
