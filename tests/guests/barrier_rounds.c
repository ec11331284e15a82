/* Barriers: several rounds, one serial thread in each, nobody ahead of the others; of one, of zero, destroyed. */
#include "tell.h"

#include <pthread.h>

#define THREADS 3
#define ROUNDS 4

static pthread_barrier_t barrier, alone;
static int serial[ROUNDS], arrived[ROUNDS], ahead;

static void *worker(void *argument)
{
    for (int round = 0; round < ROUNDS; round++) {
        __atomic_add_fetch(&arrived[round], 1, __ATOMIC_SEQ_CST);
        int answer = pthread_barrier_wait(&barrier);
        if (__atomic_load_n(&arrived[round], __ATOMIC_SEQ_CST) != THREADS)
            __atomic_add_fetch(&ahead, 1, __ATOMIC_SEQ_CST);
        if (answer == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_add_fetch(&serial[round], 1, __ATOMIC_SEQ_CST);
        else if (answer != 0)
            __atomic_add_fetch(&ahead, 100, __ATOMIC_SEQ_CST);
    }
    return argument;
}

int main(void)
{
    pthread_t threads[THREADS];
    TELL(pthread_barrier_init(&barrier, NULL, 0));
    TELL(pthread_barrier_init(&alone, NULL, 1));
    for (int i = 0; i < 2; i++)
        printf("alone: %s\n", pthread_barrier_wait(&alone) == PTHREAD_BARRIER_SERIAL_THREAD ? "serial" : "not");
    TELL(pthread_barrier_destroy(&alone));
    TELL(pthread_barrier_init(&barrier, NULL, THREADS));
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, worker, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int round = 0; round < ROUNDS; round++)
        printf("round %d: %d arrived, %d serial\n", round, arrived[round], serial[round]);
    printf("ahead %d\n", ahead);
    TELL(pthread_barrier_destroy(&barrier));
    TELL(pthread_barrier_init(&barrier, NULL, 2));
    TELL(pthread_barrier_destroy(&barrier));
    return 0;
}
