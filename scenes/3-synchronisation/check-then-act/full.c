/* Two cooks and a hatch with room for two plates. Each looks whether there is
 * room, and then puts a plate there. Every single call is safe. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

enum { ROOM = 2 };
struct queue {
    pthread_mutex_t lock;
    int count;
} hatch = {PTHREAD_MUTEX_INITIALIZER, 0};

static bool is_full(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool full = queue->count == ROOM;
    pthread_mutex_unlock(&queue->lock);
    return full;
}

static bool put(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    bool accepted = queue->count < ROOM; /* refused when full */
    if (accepted)
        queue->count = queue->count + 1;
    pthread_mutex_unlock(&queue->lock);
    return accepted;
}

static void *cook(void *name)
{
    if (is_full(&hatch)) {
        printf("%s: it is full, I keep my plate\n", (const char *)name);
        return NULL;
    }
    if (!put(&hatch)) {
        printf("%s: it was not full! My plate falls\n", (const char *)name);
        return name;
    }
    printf("%s: there it is\n", (const char *)name);
    return NULL;
}

int main(void)
{
    pthread_t one, two;
    void *fallen[2]; /* whose plate fell */
    put(&hatch); /* one plate is there already */
    pthread_create(&one, NULL, cook, "Ann");
    pthread_create(&two, NULL, cook, "Bob");
    pthread_join(one, &fallen[0]);
    pthread_join(two, &fallen[1]);
    return fallen[0] || fallen[1] ? 1 : 0;
}
