/* Readers and writers that fight for a lock of each kind: no writer beside anybody, nothing lost. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#define READERS 3
#define WRITERS 2
#define ROUNDS 3

static pthread_rwlock_t lock;
static int readers, writers, wrong, written;

static void *reader(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_rwlock_rdlock(&lock);
        __atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST);
        sched_yield();
        if (writers != 0)
            __atomic_add_fetch(&wrong, 1, __ATOMIC_SEQ_CST);
        __atomic_sub_fetch(&readers, 1, __ATOMIC_SEQ_CST);
        pthread_rwlock_unlock(&lock);
    }
    return argument;
}

static void *writer(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_rwlock_wrlock(&lock);
        if (writers++ != 0 || readers != 0)
            wrong++;
        sched_yield();
        written++;
        writers--;
        pthread_rwlock_unlock(&lock);
    }
    return argument;
}

static void fight(const char *name, int kind)
{
    pthread_t threads[READERS + WRITERS];
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, kind);
    pthread_rwlock_init(&lock, &attributes);
    written = 0;
    for (int i = 0; i < READERS + WRITERS; i++)
        pthread_create(&threads[i], NULL, i < READERS ? reader : writer, NULL);
    for (int i = 0; i < READERS + WRITERS; i++)
        pthread_join(threads[i], NULL);
    printf("%s: written %d, wrong %d, destroyed %d\n", name, written, wrong, pthread_rwlock_destroy(&lock));
}

int main(void)
{
    fight("readers first", PTHREAD_RWLOCK_PREFER_READER_NP);
    fight("writers first", PTHREAD_RWLOCK_PREFER_WRITER_NP);
    fight("writers first, not recursive", PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    return 0;
}
