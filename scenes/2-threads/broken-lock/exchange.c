/* A lock made by hand: one atomic exchange tests and sets at once. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

atomic_int locked = 0;
int g_num = 0;

static void lock(void)
{
    while (atomic_exchange(&locked, 1) == 1)
        sched_yield(); /* taken: let others run, look again */
}

static void unlock(void)
{
    atomic_store(&locked, 0);
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
