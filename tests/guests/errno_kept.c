/* errno is the thread's own and survives every call that succeeds, waiting or not, in all threads at once. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <threads.h>

static pthread_mutex_t lock;
static pthread_rwlock_t book;
static pthread_spinlock_t spin;
static pthread_cond_t changed;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t rooms;
static mtx_t c11_lock;
static cnd_t c11_changed;
static once_flag c11_once = ONCE_FLAG_INIT;
static int arrived, wrong;

static void initialise(void)
{
    errno = 5; /* the initialiser's own */
    errno = 77;
}

#define KEEPS(call)                                                                                                    \
    do {                                                                                                               \
        errno = 77;                                                                                                    \
        (void)(call);                                                                                                  \
        if (errno != 77) {                                                                                             \
            fprintf(stderr, "%s: errno %d\n", #call, errno);                                                           \
            __atomic_add_fetch(&wrong, 1, __ATOMIC_SEQ_CST);                                                           \
        }                                                                                                              \
    } while (0)

static void *nothing(void *argument)
{
    errno = 3;
    return argument;
}

static void *worker(void *argument)
{
    pthread_t thread;
    KEEPS(pthread_create(&thread, NULL, nothing, NULL));
    KEEPS(pthread_join(thread, NULL));
    KEEPS(pthread_once(&once, initialise));
    errno = 77;
    call_once(&c11_once, initialise);
    KEEPS(pthread_mutex_lock(&lock));
    KEEPS(sched_yield());
    if (++arrived == 3)
        KEEPS(pthread_cond_broadcast(&changed));
    while (arrived < 3)
        KEEPS(pthread_cond_wait(&changed, &lock));
    KEEPS(pthread_mutex_unlock(&lock));
    KEEPS(pthread_rwlock_rdlock(&book));
    KEEPS(pthread_rwlock_unlock(&book));
    KEEPS(pthread_rwlock_wrlock(&book));
    KEEPS(pthread_rwlock_unlock(&book));
    KEEPS(pthread_spin_lock(&spin));
    KEEPS(pthread_spin_unlock(&spin));
    KEEPS(sem_wait(&rooms));
    KEEPS(sem_post(&rooms));
    KEEPS(pthread_barrier_wait(&barrier));
    KEEPS(mtx_lock(&c11_lock));
    KEEPS(cnd_signal(&c11_changed));
    KEEPS(mtx_unlock(&c11_lock));
    KEEPS((thrd_yield(), 0));
    return argument;
}

int main(void)
{
    pthread_t threads[3];
    int value;
    KEEPS(pthread_mutex_init(&lock, NULL));
    KEEPS(pthread_rwlock_init(&book, NULL));
    KEEPS(pthread_spin_init(&spin, 0));
    KEEPS(pthread_cond_init(&changed, NULL));
    KEEPS(pthread_barrier_init(&barrier, NULL, 3));
    KEEPS(sem_init(&rooms, 0, 1));
    KEEPS(mtx_init(&c11_lock, mtx_plain));
    KEEPS(cnd_init(&c11_changed));
    for (int i = 0; i < 3; i++)
        KEEPS(pthread_create(&threads[i], NULL, worker, NULL));
    for (int i = 0; i < 3; i++)
        KEEPS(pthread_join(threads[i], NULL));
    KEEPS(sem_getvalue(&rooms, &value));
    KEEPS(sem_destroy(&rooms));
    KEEPS(pthread_barrier_destroy(&barrier));
    KEEPS(pthread_cond_destroy(&changed));
    KEEPS(pthread_spin_destroy(&spin));
    KEEPS(pthread_rwlock_destroy(&book));
    KEEPS(pthread_mutex_destroy(&lock));
    printf("wrong: %d\n", wrong);
    return wrong;
}
