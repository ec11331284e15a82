/* Threads and every kind of synchronisation, with an outcome that no schedule can change. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t book = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_spinlock_t spin;
static pthread_barrier_t barrier;
static sem_t rooms;
static int count, initialised, waiting, go, serial, inside, most;

static void initialise(void)
{
    pthread_mutex_lock(&plain);
    initialised++;
    pthread_mutex_unlock(&plain);
}

static void *worker(void *argument)
{
    pthread_once(&once, initialise);
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&plain);
        count++;
        pthread_mutex_unlock(&plain);
        pthread_spin_lock(&spin);
        count += 10;
        pthread_spin_unlock(&spin);
    }
    pthread_mutex_lock(&recursive);
    pthread_mutex_lock(&recursive);
    count += 100;
    pthread_mutex_unlock(&recursive);
    pthread_mutex_unlock(&recursive);
    sem_wait(&rooms);
    pthread_mutex_lock(&plain);
    if (++inside > most)
        most = inside;
    pthread_mutex_unlock(&plain);
    pthread_mutex_lock(&plain);
    inside--;
    pthread_mutex_unlock(&plain);
    sem_post(&rooms);
    pthread_rwlock_rdlock(&book);
    pthread_rwlock_unlock(&book);
    pthread_rwlock_wrlock(&book);
    count += 1000;
    pthread_rwlock_unlock(&book);
    for (int round = 0; round < 2; round++)
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&plain);
    waiting++;
    while (!go)
        pthread_cond_wait(&ready, &plain);
    pthread_mutex_unlock(&plain);
    return argument;
}

static void errors(void)
{
    printf("unlock unowned errorcheck: %s\n", strerror(pthread_mutex_unlock(&checked)));
    printf("lock: %d\n", pthread_mutex_lock(&checked));
    printf("lock again: %s\n", strerror(pthread_mutex_lock(&checked)));
    printf("trylock own: %s\n", strerror(pthread_mutex_trylock(&checked)));
    printf("destroy locked: %s\n", strerror(pthread_mutex_destroy(&checked)));
    printf("unlock: %d\n", pthread_mutex_unlock(&checked));
    struct timespec when;
    clock_gettime(CLOCK_REALTIME, &when);
    when.tv_nsec += 30000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_sec++;
        when.tv_nsec -= 1000000000;
    }
    sem_t none;
    sem_init(&none, 0, 0);
    errno = 0;
    printf("trywait: %d", sem_trywait(&none));
    printf(" %s\n", strerror(errno));
    printf("timedwait: %d", sem_timedwait(&none, &when));
    printf(" %s\n", strerror(errno));
    pthread_mutex_lock(&plain);
    printf("cond timedwait: %s\n", strerror(pthread_cond_timedwait(&ready, &plain, &when)));
    printf("timedlock own: %s\n", strerror(pthread_mutex_timedlock(&plain, &when)));
    pthread_mutex_unlock(&plain);
    pthread_rwlock_rdlock(&book);
    printf("trywrlock: %s\n", strerror(pthread_rwlock_trywrlock(&book)));
    printf("timedwrlock: %s\n", strerror(pthread_rwlock_timedwrlock(&book, &when)));
    pthread_rwlock_unlock(&book);
    int value = -1;
    sem_post(&none);
    sem_post(&none);
    sem_getvalue(&none, &value);
    printf("value: %d\n", value);
    sem_destroy(&none);
    printf("join self: %s\n", strerror(pthread_join(pthread_self(), NULL)));
}

int main(void)
{
    pthread_t threads[3];
    pthread_spin_init(&spin, 0);
    pthread_barrier_init(&barrier, NULL, 3);
    sem_init(&rooms, 0, 2);
    errors();
    for (long i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, worker, (void *)i);
    for (;;) {
        pthread_mutex_lock(&plain);
        if (waiting == 3)
            break;
        pthread_mutex_unlock(&plain);
        usleep(1000);
    }
    go = 1;
    pthread_cond_broadcast(&ready);
    pthread_mutex_unlock(&plain);
    for (long i = 0; i < 3; i++) {
        void *value;
        pthread_join(threads[i], &value);
        printf("thread %ld gave %ld\n", i, (long)value);
    }
    printf("count %d, initialised %d, serial %d, most inside %s\n", count, initialised, serial, most <= 2 ? "at most 2" : "too many");
    return 7;
}
