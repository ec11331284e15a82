/* A queue with room for three, and three ways to put and to get:
 * wait, give up at once, give up after a while. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 3, FOR_EVER = -1, LAST = 7 };

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t not_full = PTHREAD_COND_INITIALIZER;
pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
int items[ROOM];
int added, taken; /* so far; the difference is in the queue */

/* Waits on a condition, for some milliseconds at most. 0: the time is up. */
static int wait_for(pthread_cond_t *condition, int milliseconds)
{
    struct timespec until;
    if (milliseconds == FOR_EVER)
        return pthread_cond_wait(condition, &lock) == 0;
    if (milliseconds == 0)
        return 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += milliseconds * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    return pthread_cond_timedwait(condition, &lock, &until) != ETIMEDOUT;
}

static void put(int item, int patience)
{
    int good = 1;
    pthread_mutex_lock(&lock);
    while (added - taken == ROOM && good)
        good = wait_for(&not_full, patience);
    if (good) {
        items[added % ROOM] = item;
        added++;
        pthread_cond_signal(&not_empty);
    }
    pthread_mutex_unlock(&lock);
    printf("put %d: %s\n", item,
           good       ? "in the queue"
           : patience ? "full, gave up after a while"
                      : "full, gave up at once");
}

/* The item, or 0. */
static int get(int patience)
{
    int good = 1, item = 0;
    pthread_mutex_lock(&lock);
    while (added == taken && good)
        good = wait_for(&not_empty, patience);
    if (good) {
        item = items[taken % ROOM];
        taken++;
        pthread_cond_signal(&not_full);
    }
    pthread_mutex_unlock(&lock);
    if (good)
        printf("get: %d\n", item);
    else
        printf("get: empty, gave up %s\n",
               patience ? "after a while" : "at once");
    return item;
}

static void *producer(void *unused)
{
    (void)unused;
    put(1, FOR_EVER);
    put(2, FOR_EVER);
    put(3, FOR_EVER); /* full now */
    put(4, 0);
    put(5, 20);
    put(6, FOR_EVER); /* waits for the consumer */
    usleep(400000);
    put(LAST, FOR_EVER);
    return NULL;
}

static void *consumer(void *unused)
{
    (void)unused;
    usleep(200000); /* the queue fills up meanwhile */
    for (int i = 0; i < 4; i++)
        get(FOR_EVER); /* 1, 2, 3, 6: empty then */
    int item = get(0);
    if (item != LAST)
        item = get(20);
    while (item != LAST)
        item = get(FOR_EVER); /* waits for the producer */
    return NULL;
}

int main(void)
{
    pthread_t one, two;
    pthread_create(&one, NULL, producer, NULL);
    pthread_create(&two, NULL, consumer, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    return 0;
}
