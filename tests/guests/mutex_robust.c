/* Robust mutexes: the owner dies as a thread and as a process; made consistent, or lost for ever. */
#include "tell.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void *dies_holding(void *mutex)
{
    pthread_mutex_lock(mutex);
    return NULL;
}

static void *finds(void *argument)
{
    pthread_mutex_t *mutex = argument;
    TELL(pthread_mutex_lock(mutex));
    TELL(pthread_mutex_trylock(mutex));
    TELL(pthread_mutex_timedlock(mutex, SOON(CLOCK_REALTIME)));
    return NULL;
}

static void beside(void *(*routine)(void *), pthread_mutex_t *mutex)
{
    pthread_t thread;
    pthread_create(&thread, NULL, routine, mutex);
    pthread_join(thread, NULL);
}

static void make(pthread_mutex_t *mutex, int type, int shared)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, shared);
    TELL(pthread_mutex_init(mutex, &attributes));
    pthread_mutexattr_destroy(&attributes);
}

static void by_thread(int type)
{
    static pthread_mutex_t mutex;
    make(&mutex, type, PTHREAD_PROCESS_PRIVATE);
    TELL(pthread_mutex_consistent(&mutex));
    beside(dies_holding, &mutex);
    TELL(pthread_mutex_lock(&mutex));
    TELL(pthread_mutex_consistent(&mutex));
    TELL(pthread_mutex_consistent(&mutex));
    TELL(pthread_mutex_unlock(&mutex));
    beside(dies_holding, &mutex);
    TELL(pthread_mutex_trylock(&mutex));
    TELL(pthread_mutex_consistent(&mutex));
    TELL(pthread_mutex_unlock(&mutex));
    beside(dies_holding, &mutex);
    TELL(pthread_mutex_timedlock(&mutex, SOON(CLOCK_REALTIME)));
    TELL(pthread_mutex_unlock(&mutex)); /* without being made consistent */
    beside(finds, &mutex);
    TELL(pthread_mutex_destroy(&mutex));
}

int main(void)
{
    by_thread(PTHREAD_MUTEX_NORMAL);
    by_thread(PTHREAD_MUTEX_ERRORCHECK);
    by_thread(PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    make(shared, PTHREAD_MUTEX_NORMAL, PTHREAD_PROCESS_SHARED);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(shared);
        _exit(3);
    }
    int status;
    waitpid(child, &status, 0);
    printf("child ended with %d\n", WEXITSTATUS(status));
    TELL(pthread_mutex_lock(shared));
    TELL(pthread_mutex_consistent(shared));
    TELL(pthread_mutex_unlock(shared));
    TELL(pthread_mutex_lock(shared));
    TELL(pthread_mutex_unlock(shared));
    TELL(pthread_mutex_destroy(shared));
    return 0;
}
