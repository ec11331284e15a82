/* Two threads, two locks, opposite orders. */
#include <pthread.h>
#include <stdio.h>

pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t B = PTHREAD_MUTEX_INITIALIZER;

static void *first(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&A);
    printf("first: got A\n");
    pthread_mutex_lock(&B);
    printf("first: got both\n");
    pthread_mutex_unlock(&B);
    pthread_mutex_unlock(&A);
    return NULL;
}

static void *second(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&B);
    printf("second: got B\n");
    pthread_mutex_lock(&A);
    printf("second: got both\n");
    pthread_mutex_unlock(&A);
    pthread_mutex_unlock(&B);
    return NULL;
}

int main(void)
{
    pthread_t one, two;
    pthread_create(&one, NULL, first, NULL);
    pthread_create(&two, NULL, second, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    printf("main: both are done\n");
    return 0;
}
