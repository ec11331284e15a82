/* A bounded queue in shared memory between two processes, with process-shared condition variables. */
#include "tell.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ITEMS 8

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    int items[2], count, in, out;
};

static void put(struct queue *queue, int item)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 2)
        pthread_cond_wait(&queue->emptied, &queue->lock);
    queue->items[queue->in++ % 2] = item;
    queue->count++;
    pthread_cond_signal(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

static int get(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0)
        pthread_cond_wait(&queue->filled, &queue->lock);
    int item = queue->items[queue->out++ % 2];
    queue->count--;
    pthread_cond_signal(&queue->emptied);
    pthread_mutex_unlock(&queue->lock);
    return item;
}

int main(void)
{
    struct queue *queue = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t mutex_attributes;
    pthread_condattr_t attributes;
    pthread_mutexattr_init(&mutex_attributes);
    pthread_mutexattr_setpshared(&mutex_attributes, PTHREAD_PROCESS_SHARED);
    pthread_condattr_init(&attributes);
    pthread_condattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    TELL(pthread_mutex_init(&queue->lock, &mutex_attributes));
    TELL(pthread_cond_init(&queue->filled, &attributes));
    TELL(pthread_cond_init(&queue->emptied, &attributes));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 1; i <= ITEMS; i++)
            put(queue, i * i);
        _exit(0);
    }
    for (int i = 1; i <= ITEMS; i++)
        printf("got %d\n", get(queue));
    int status;
    waitpid(child, &status, 0);
    TELL(pthread_cond_destroy(&queue->filled));
    TELL(pthread_cond_destroy(&queue->emptied));
    return status;
}
