/* Two threads, one number, one lock: but the second does not ask for it. */
#include <pthread.h>
#include <stdio.h>

pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER;
int g_num = 0;

static void *careful(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&A);
        g_num += 1;
        pthread_mutex_unlock(&A);
    }
    return NULL;
}

static void *careless(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++)
        g_num += 1; /* the lock is taken? it never looked */
    return NULL;
}

int main(void)
{
    pthread_t first, second;
    pthread_create(&first, NULL, careful, NULL);
    pthread_create(&second, NULL, careless, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("g_num is %d, and should be 4\n", g_num);
    return 0;
}
