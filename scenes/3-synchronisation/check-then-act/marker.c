/* Looking and acting are one call here: put waits while the hatch is full, get
 * waits while it is empty, and a marker says that nothing more will come. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { ROOM = 2, PLATES = 3, MARKER = -1 };
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int items[ROOM], count;
} hatch = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .changed = PTHREAD_COND_INITIALIZER};

static void put(struct queue *queue, int item)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == ROOM)
        pthread_cond_wait(&queue->changed, &queue->lock);
    queue->items[queue->count] = item;
    queue->count = queue->count + 1;
    pthread_cond_signal(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

static int get(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0)
        pthread_cond_wait(&queue->changed, &queue->lock);
    int item = queue->items[0];
    queue->items[0] = queue->items[1];
    queue->count = queue->count - 1;
    pthread_cond_signal(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
    return item;
}

static void *cook(void *unused)
{
    (void)unused;
    for (int plate = 1; plate <= PLATES; plate++)
        put(&hatch, plate);
    put(&hatch, MARKER); /* that was all */
    return NULL;
}

static void *waiter(void *unused)
{
    (void)unused;
    for (int item = get(&hatch); item != MARKER; item = get(&hatch)) {
        printf("waiter: plate %d\n", item);
        usleep(20000); /* to the table and back */
    }
    printf("waiter: the marker, so I go home\n");
    return NULL;
}

int main(void)
{
    pthread_t one, two;
    pthread_create(&one, NULL, waiter, NULL);
    pthread_create(&two, NULL, cook, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    printf("main: %d left behind\n", hatch.count);
    return hatch.count == 0 ? 0 : 1;
}
