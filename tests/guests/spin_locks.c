/* Spin locks: taken, tried, contended, shared between processes. */
#include "tell.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_spinlock_t lock;
static int count;

static void *other(void *unused)
{
    TELL(pthread_spin_trylock(&lock));
    return unused;
}

static void *adds(void *unused)
{
    for (int i = 0; i < 5; i++) {
        pthread_spin_lock(&lock);
        int seen = count;
        sched_yield();
        count = seen + 1;
        pthread_spin_unlock(&lock);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[3];
    TELL(pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE));
    TELL(pthread_spin_lock(&lock));
    TELL(pthread_spin_trylock(&lock));
    pthread_create(&threads[0], NULL, other, NULL);
    pthread_join(threads[0], NULL);
    TELL(pthread_spin_unlock(&lock));
    TELL(pthread_spin_trylock(&lock));
    TELL(pthread_spin_unlock(&lock));
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, adds, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("count %d\n", count);
    TELL(pthread_spin_destroy(&lock));

    pthread_spinlock_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int *sum = (int *)(shared + 8), status;
    TELL(pthread_spin_init(shared, PTHREAD_PROCESS_SHARED));
    fflush(stdout);
    pid_t child = fork();
    for (int i = 0; i < 4; i++) {
        pthread_spin_lock(shared);
        int seen = *sum;
        sched_yield();
        *sum = seen + 1;
        pthread_spin_unlock(shared);
    }
    if (child == 0)
        _exit(0);
    wait(&status);
    printf("sum %d\n", *sum);
    return status;
}
