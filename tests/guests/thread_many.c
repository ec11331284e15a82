/* Three hundred threads, most of them alive at once. */
#include <pthread.h>
#include <stdio.h>

#define THREADS 300

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long sum;

static void *worker(void *argument)
{
    if ((long)argument % 10 != 0) /* every waiter tries again after every unlock: few wait, so that few steps do */
        return argument;
    pthread_mutex_lock(&lock);
    sum += (long)argument;
    pthread_mutex_unlock(&lock);
    return argument;
}

int main(void)
{
    static pthread_t threads[THREADS];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    for (long i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], &attributes, worker, (void *)i) != 0)
            printf("thread %ld could not be made\n", i);
    long values = 0;
    for (int i = 0; i < THREADS; i++) {
        void *value;
        if (pthread_join(threads[i], &value) != 0)
            printf("thread %d could not be joined\n", i);
        values += (long)value;
    }
    printf("sum %ld, values %ld\n", sum, values);
    return 0;
}
