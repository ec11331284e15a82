/* The main thread ends while others run: the process goes on until the last of them, and ends with 0. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t main_thread;
static int left = 3;

static void at_end(void)
{
    printf("at exit: %d left\n", left);
}

static void *worker(void *argument)
{
    if (argument) { /* one of them joins main */
        void *value;
        int error = pthread_join(main_thread, &value);
        printf("main was joined: %d, value %ld\n", error, (long)value);
    }
    pthread_mutex_lock(&lock);
    left--;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    main_thread = pthread_self();
    atexit(at_end);
    for (long i = 0; i < 3; i++)
        pthread_create(&thread, NULL, worker, (void *)(long)(i == 1));
    pthread_exit((void *)77L);
}
