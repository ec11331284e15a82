/* A queue without a bound: put never waits; it only needs memory. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct node {
    int item;
    struct node *next;
};

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
struct node *first, **last = &first;
int count;

static void put(int item)
{
    struct node *node = malloc(sizeof *node);
    if (!node)
        exit(1);
    node->item = item;
    node->next = NULL;
    pthread_mutex_lock(&lock);
    *last = node;
    last = &node->next;
    count++;
    pthread_cond_signal(&not_empty);
    pthread_mutex_unlock(&lock);
}

static int get(void)
{
    pthread_mutex_lock(&lock);
    while (count == 0)
        pthread_cond_wait(&not_empty, &lock);
    struct node *node = first;
    first = node->next;
    if (!first)
        last = &first;
    count--;
    pthread_mutex_unlock(&lock);
    int item = node->item;
    free(node);
    return item;
}

static void *consumer(void *unused)
{
    (void)unused;
    usleep(200000); /* the queue only grows meanwhile */
    for (int i = 0; i < 5; i++)
        printf("get: %d\n", get());
    return NULL;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, consumer, NULL);
    for (int i = 1; i <= 5; i++) {
        put(i);
        printf("put %d\n", i);
    }
    pthread_join(thread, NULL);
    return 0;
}
