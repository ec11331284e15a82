/* Two threads, one number, two locks: each takes a lock, but not the same. */
#include <pthread.h>
#include <stdio.h>

pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t B = PTHREAD_MUTEX_INITIALIZER;
int g_num = 0;

static void *add(void *argument)
{
    pthread_mutex_t *lock = argument;
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(lock);
        g_num += 1;
        pthread_mutex_unlock(lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t first, second;
    pthread_create(&first, NULL, add, &A);
    pthread_create(&second, NULL, add, &B);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("g_num is %d, and should be 4\n", g_num);
    return 0;
}
