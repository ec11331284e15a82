/* A pool of two threads and three tasks. submit gives a future at once: it
 * stands for a result that will be there later. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { THREADS = 2, TASKS = 3 };

struct future {
    int number, result;
    bool done;
    void (*callback)(struct future *future);
};

struct future future[TASKS];
int submitted, taken; /* future[taken] is the next to be done */
bool closed;
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t work = PTHREAD_COND_INITIALIZER;
pthread_cond_t finished = PTHREAD_COND_INITIALIZER;

static struct future *take(void) /* NULL: there will be no more */
{
    struct future *next = NULL;
    pthread_mutex_lock(&lock);
    while (taken == submitted && !closed)
        pthread_cond_wait(&work, &lock);
    if (taken < submitted)
        next = &future[taken++];
    pthread_mutex_unlock(&lock);
    return next;
}

static void *run(void *unused)
{
    struct future *task;
    while ((task = take()) != NULL) {
        int square = task->number * task->number;
        usleep(40000); /* it takes its time */
        pthread_mutex_lock(&lock);
        task->result = square;
        task->done = true;
        pthread_cond_broadcast(&finished);
        pthread_mutex_unlock(&lock);
        if (task->callback)
            task->callback(task);
    }
    return unused;
}

static struct future *submit(int number, void (*callback)(struct future *))
{
    pthread_mutex_lock(&lock);
    struct future *new = &future[submitted++];
    new->number = number;
    new->callback = callback;
    pthread_cond_signal(&work);
    pthread_mutex_unlock(&lock);
    return new;
}

static int result(struct future *wanted)
{
    pthread_mutex_lock(&lock);
    while (!wanted->done)
        pthread_cond_wait(&finished, &lock);
    pthread_mutex_unlock(&lock);
    return wanted->result;
}

static void shut_down(const pthread_t *threads)
{
    pthread_mutex_lock(&lock);
    closed = true;
    pthread_cond_broadcast(&work);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void say(struct future *ready)
{
    printf("callback: %d\n", ready->result);
}

int main(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, run, NULL);
    struct future *two = submit(2, NULL);
    submit(3, say);
    submit(4, NULL);
    printf("main has three futures\n");
    printf("result: %d\n", result(two));
    shut_down(threads);
    printf("4 squared: %d\n", future[2].result);
    return 0;
}
