/* Destructors of thread-specific data: they lock, wait and signal, set their value again, run for as many rounds as POSIX
 * allows, and the joiner sees all that they did. */
#include "tell.h"

#include <limits.h>
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_key_t locks, again, waits;
static sem_t tickets;
static int locked, rounds, waited, ended;

static void destroy_locks(void *value)
{
    pthread_mutex_lock(&lock);
    locked += (int)(long)value;
    sched_yield();
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void destroy_again(void *value)
{
    __atomic_add_fetch(&rounds, 1, __ATOMIC_SEQ_CST);
    pthread_setspecific(again, value); /* for ever: the library gives up */
}

static void destroy_waits(void *value)
{
    sem_wait(&tickets);
    pthread_mutex_lock(&lock);
    waited++;
    pthread_mutex_unlock(&lock);
}

static void *worker(void *value)
{
    pthread_setspecific(locks, value);
    pthread_setspecific(again, value);
    pthread_setspecific(waits, value);
    if ((long)value == 2)
        pthread_exit(value);
    return value;
}

static void *poster(void *unused)
{
    for (int i = 0; i < 3; i++)
        sem_post(&tickets);
    return unused;
}

int main(void)
{
    pthread_t threads[3], post;
    TELL(pthread_key_create(&locks, destroy_locks));
    TELL(pthread_key_create(&again, destroy_again));
    TELL(pthread_key_create(&waits, destroy_waits));
    sem_init(&tickets, 0, 0);
    for (long i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, worker, (void *)(i + 1));
    pthread_mutex_lock(&lock);
    while (locked == 0)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    pthread_create(&post, NULL, poster, NULL);
    for (int i = 0; i < 3; i++) {
        void *value;
        pthread_join(threads[i], &value);
        ended += (int)(long)value;
    }
    pthread_join(post, NULL);
    printf("locked %d, waited %d, ended %d, rounds %s\n", locked, waited, ended,
           rounds == 3 * PTHREAD_DESTRUCTOR_ITERATIONS ? "as many as allowed" : "otherwise");
    return 0;
}
