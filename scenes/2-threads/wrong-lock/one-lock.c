/* Two threads, one number, one lock: everybody takes the same. */
#include <pthread.h>
#include <stdio.h>

pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER;
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
    pthread_create(&second, NULL, add, &A);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("g_num is %d, and should be 4\n", g_num);
    return 0;
}
