/* A cook puts three plates into a hatch; the waiter goes home when it is
 * empty. Every single call is safe. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

struct queue {
    pthread_mutex_t lock;
    int count;
} hatch = {PTHREAD_MUTEX_INITIALIZER, 0};

static void put(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->count = queue->count + 1;
    pthread_mutex_unlock(&queue->lock);
}

static int is_empty(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    int empty = queue->count == 0;
    pthread_mutex_unlock(&queue->lock);
    return empty;
}

static void get(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->count = queue->count - 1;
    pthread_mutex_unlock(&queue->lock);
}

static void *cook(void *unused)
{
    (void)unused;
    for (int plate = 1; plate <= 3; plate++) {
        usleep(10000); /* it has to be cooked first */
        put(&hatch);
        printf("cook: plate %d\n", plate);
    }
    return NULL;
}

static void *waiter(void *unused)
{
    (void)unused;
    while (!is_empty(&hatch)) {
        get(&hatch);
        printf("waiter: served\n");
    }
    printf("waiter: empty, so I go home\n");
    return NULL;
}

int main(void)
{
    pthread_t one, two;
    put(&hatch); /* a first plate is there already */
    pthread_create(&one, NULL, waiter, NULL);
    pthread_create(&two, NULL, cook, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    printf("main: %d left behind\n", hatch.count);
    return hatch.count == 0 ? 0 : 1;
}
