/* Two threads that take turns at a lock, and never end: as many steps as anybody wants. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long turns;

static void *take_turns(void *unused)
{
    for (;;) {
        pthread_mutex_lock(&lock);
        turns++;
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

int main(void)
{
    pthread_t other;
    pthread_create(&other, NULL, take_turns, NULL);
    take_turns(NULL);
    return 0;
}
