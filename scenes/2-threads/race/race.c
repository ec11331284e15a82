/* Two threads count together, without a lock. */
#include <pthread.h>
#include <stdio.h>

int g_num = 0;

static void *add(void *unused)
{
    (void)unused;
    for (int i = 0; i < 3; i++)
        g_num += 1; /* load, add, store */
    return NULL;
}

int main(void)
{
    pthread_t first, second;
    pthread_create(&first, NULL, add, NULL);
    pthread_create(&second, NULL, add, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("g_num is %d, and should be 6\n", g_num);
    return 0;
}
