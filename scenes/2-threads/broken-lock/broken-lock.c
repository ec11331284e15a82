/* A lock made by hand: testing and setting are two steps. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

int locked = 0;
int g_num = 0;

static void lock(void)
{
    while (locked)
        sched_yield(); /* taken: let others run, look again */
    locked = 1;
}

static void unlock(void)
{
    locked = 0;
}

static void *add(void *unused)
{
    (void)unused;
    for (int i = 0; i < 2; i++) {
        lock();
        g_num += 1;
        unlock();
    }
    return NULL;
}

int main(void)
{
    pthread_t first, second;
    pthread_create(&first, NULL, add, NULL);
    pthread_create(&second, NULL, add, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("g_num is %d, and should be 4\n", g_num);
    return 0;
}
