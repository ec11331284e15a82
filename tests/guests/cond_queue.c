/* A bounded queue with several producers and consumers: all that goes in comes out, once. */
#include <pthread.h>
#include <stdio.h>

#define EACH 6
#define PRODUCERS 2
#define CONSUMERS 3

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static int items[3], count, in, out, closed, sum, taken, most;

static void *producer(void *argument)
{
    for (int i = 0; i < EACH; i++) {
        pthread_mutex_lock(&lock);
        while (count == 3)
            pthread_cond_wait(&emptied, &lock);
        items[in++ % 3] = (int)(long)argument + i;
        if (++count > most)
            most = count;
        pthread_cond_signal(&filled);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void *consumer(void *argument)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        while (count == 0 && !closed)
            pthread_cond_wait(&filled, &lock);
        if (count == 0)
            break;
        sum += items[out++ % 3];
        taken++;
        count--;
        pthread_cond_signal(&emptied);
    }
    pthread_mutex_unlock(&lock);
    return argument;
}

int main(void)
{
    pthread_t producers[PRODUCERS], consumers[CONSUMERS];
    for (long i = 0; i < CONSUMERS; i++)
        pthread_create(&consumers[i], NULL, consumer, NULL);
    for (long i = 0; i < PRODUCERS; i++)
        pthread_create(&producers[i], NULL, producer, (void *)(100 * i));
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(producers[i], NULL);
    pthread_mutex_lock(&lock);
    closed = 1;
    pthread_cond_broadcast(&filled);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < CONSUMERS; i++)
        pthread_join(consumers[i], NULL);
    printf("taken %d, sum %d, left %d, never more than three: %s\n", taken, sum, count, most <= 3 ? "yes" : "no");
    return 0;
}
