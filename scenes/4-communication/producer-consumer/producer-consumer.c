/* Two producers and a consumer, each at a pace of its own, and a queue with
 * room for three between them. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

enum { ROOM = 3, QUICK = 4, SLOW = 2 };

int items[ROOM];
int added, taken; /* so far; the difference is in the queue */
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
sem_t room, filled;

static void put(int item)
{
    sem_wait(&room); /* waits while the queue is full */
    pthread_mutex_lock(&lock);
    items[added % ROOM] = item;
    added++;
    pthread_mutex_unlock(&lock);
    sem_post(&filled);
}

static int get(void)
{
    sem_wait(&filled); /* waits while the queue is empty */
    pthread_mutex_lock(&lock);
    int item = items[taken % ROOM];
    taken++;
    pthread_mutex_unlock(&lock);
    sem_post(&room);
    return item;
}

static void *quick(void *unused)
{
    (void)unused;
    for (int i = 1; i <= QUICK; i++)
        put(i);
    return NULL;
}

static void *slow(void *unused)
{
    (void)unused;
    for (int i = 11; i <= 10 + SLOW; i++) {
        usleep(60000);
        put(i);
    }
    return NULL;
}

static void *consumer(void *unused)
{
    (void)unused;
    usleep(100000); /* a late start: the queue fills up meanwhile */
    for (int i = 0; i < QUICK + SLOW; i++)
        printf("consumer: %d\n", get());
    return NULL;
}

int main(void)
{
    pthread_t threads[3];
    sem_init(&room, 0, ROOM);
    sem_init(&filled, 0, 0);
    pthread_create(&threads[0], NULL, quick, NULL);
    pthread_create(&threads[1], NULL, slow, NULL);
    pthread_create(&threads[2], NULL, consumer, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
