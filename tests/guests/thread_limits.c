/* Creates that fail: attributes that cannot be, no memory for a stack; the failed thread never was. */
#include "tell.h"

#include <pthread.h>
#include <sys/resource.h>

static void *worker(void *argument)
{
    return argument;
}

int main(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    void *value;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (size_t)1 << 46);
    int error = pthread_create(&thread, &attributes, worker, NULL);
    printf("a huge stack: %s\n", tell_name(error));
    TELL(pthread_create(&thread, NULL, worker, (void *)9L));
    TELL(pthread_join(thread, &value));
    printf("value %ld\n", (long)value);
    TELL_ERRNO(sched_yield());
    return 0;
}
