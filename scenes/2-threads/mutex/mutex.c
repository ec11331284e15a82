/* Two threads count together, and the lock is held only where it must be. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER;
int g_num = 0;
int prepared[2]; /* a place for each thread: needs no lock */

static void *add(void *argument)
{
    intptr_t me = (intptr_t)argument;
    for (int i = 0; i < 3; i++) {
        prepared[me] += 1; /* work of its own, outside the lock */
        pthread_mutex_lock(&A);
        g_num += 1; /* the critical section */
        pthread_mutex_unlock(&A);
    }
    return NULL;
}

int main(void)
{
    pthread_t first, second;
    pthread_create(&first, NULL, add, (void *)0);
    pthread_create(&second, NULL, add, (void *)1);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("g_num is %d, and should be 6\n", g_num);
    return 0;
}
