/* A writer waits: where writers come first, a new reader is kept out; where readers come first, it may enter. */
#include "tell.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

static pthread_rwlock_t lock;
static int asked;

static void *writer(void *argument)
{
    __atomic_store_n(&asked, 1, __ATOMIC_SEQ_CST);
    pthread_rwlock_wrlock(&lock);
    pthread_rwlock_unlock(&lock);
    return argument;
}

static void *reader(void *argument)
{
    int *answer = argument;
    *answer = pthread_rwlock_tryrdlock(&lock);
    if (*answer == 0)
        pthread_rwlock_unlock(&lock);
    return NULL;
}

static void with_kind(const char *name, int kind)
{
    pthread_t waits, enters;
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, kind);
    pthread_rwlock_init(&lock, &attributes);
    TELL(pthread_rwlock_rdlock(&lock));
    asked = 0;
    pthread_create(&waits, NULL, writer, NULL);
    /* When does it wait? The lock itself tells: a try changes its answer (writers first) or never does. */
    int answer = 0;
    for (int i = 0; i < 200 && answer == 0; i++) {
        pthread_create(&enters, NULL, reader, &answer);
        pthread_join(enters, NULL);
        if (__atomic_load_n(&asked, __ATOMIC_SEQ_CST) && kind != PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP)
            break;
        if (answer == 0)
            sched_yield();
    }
    printf("%s: the reader got %s\n", name, tell_name(answer));
    TELL(pthread_rwlock_unlock(&lock));
    pthread_join(waits, NULL);
    TELL(pthread_rwlock_destroy(&lock));
}

int main(void)
{
    with_kind("readers first", PTHREAD_RWLOCK_PREFER_READER_NP);
    with_kind("writers first, not recursive", PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    return 0;
}
