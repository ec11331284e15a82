/* Threads that fight for one lock, and for two in one order; nobody is inside with another, nothing is lost. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#define THREADS 4
#define ROUNDS 5

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t tried = PTHREAD_MUTEX_INITIALIZER;
static int count, inside, overlaps, attempts;

static void *worker(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&outer);
        overlaps += inside++;
        sched_yield();
        pthread_mutex_lock(&inner);
        count++;
        sched_yield();
        pthread_mutex_unlock(&inner);
        inside--;
        pthread_mutex_unlock(&outer);
        pthread_mutex_lock(&inner);
        count += 100;
        pthread_mutex_unlock(&inner);
    }
    if (pthread_mutex_trylock(&tried) == 0) {
        attempts++;
        pthread_mutex_unlock(&tried);
    } else {
        pthread_mutex_lock(&tried);
        attempts++;
        pthread_mutex_unlock(&tried);
    }
    return argument;
}

int main(void)
{
    pthread_t threads[THREADS];
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, worker, (void *)i);
    for (long i = 0; i < THREADS; i++) {
        void *value;
        pthread_join(threads[i], &value);
        printf("thread %ld returned %ld\n", i, (long)value);
    }
    printf("count %d, overlaps %d, attempts %d\n", count, overlaps, attempts);
    return count != THREADS * ROUNDS * 101;
}
