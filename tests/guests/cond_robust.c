/* A wait whose lock's owner dies while the waiter is about to take it again: the wait says so, with the lock held. */
#include "tell.h"

#include <pthread.h>

static pthread_mutex_t lock;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int waiting, go;

static void *dies_holding(void *unused)
{
    pthread_mutex_lock(&lock);
    go = 1;
    pthread_cond_signal(&changed);
    return unused;
}

int main(void)
{
    pthread_t thread;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&lock, &attributes);
    TELL(pthread_mutex_lock(&lock));
    pthread_create(&thread, NULL, dies_holding, NULL);
    int error = 0;
    while (!go && error == 0)
        error = pthread_cond_wait(&changed, &lock);
    printf("wait: %s\n", tell_name(error));
    TELL(pthread_mutex_consistent(&lock));
    TELL(pthread_mutex_unlock(&lock));
    pthread_join(thread, NULL);
    TELL(pthread_mutex_destroy(&lock));
    return 0;
}
