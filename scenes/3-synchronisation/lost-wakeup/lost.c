/* The reader looks for a letter, and goes to sleep when there is none. The look
 * is outside the lock. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
atomic_int letters = 0;

static void *reader(void *unused)
{
    (void)unused;
    while (letters == 0) { /* looks ... */
        printf("reader: nothing there\n");
        pthread_mutex_lock(&lock);
        pthread_cond_wait(&arrived, &lock); /* ... and goes to sleep */
        pthread_mutex_unlock(&lock);
    }
    printf("reader: a letter for me\n");
    return NULL;
}

static void *postman(void *unused)
{
    (void)unused;
    letters = 1;
    pthread_mutex_lock(&lock);
    pthread_cond_signal(&arrived);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t one, two;
    pthread_create(&one, NULL, reader, NULL);
    pthread_create(&two, NULL, postman, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    printf("main: both are done\n");
    return 0;
}
