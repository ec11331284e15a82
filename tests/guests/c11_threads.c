/* C11: threads, their values, detached ones, yield, call_once, thread-specific storage. */
#include <semaphore.h>
#include <stdio.h>
#include <threads.h>

static once_flag once = ONCE_FLAG_INIT;
static mtx_t lock;
static tss_t key;
static sem_t over;
static int initialised, destroyed, count;

static void initialise(void)
{
    mtx_lock(&lock);
    initialised++;
    mtx_unlock(&lock);
}

static void destroy(void *value)
{
    mtx_lock(&lock);
    destroyed += *(int *)value;
    mtx_unlock(&lock);
}

static int worker(void *argument)
{
    call_once(&once, initialise);
    tss_set(key, argument);
    mtx_lock(&lock);
    count++;
    mtx_unlock(&lock);
    thrd_yield();
    if (*(int *)argument == 3)
        thrd_exit(33);
    return *(int *)argument * 10;
}

static int detached(void *argument)
{
    mtx_lock(&lock);
    count += 100;
    mtx_unlock(&lock);
    sem_post(&over);
    return 0;
}

int main(void)
{
    thrd_t threads[4], gone;
    int numbers[] = {1, 2, 3, 4};
    sem_init(&over, 0, 0);
    printf("mtx_init %d\n", mtx_init(&lock, mtx_plain));
    tss_create(&key, destroy);
    for (int i = 0; i < 4; i++)
        if (thrd_create(&threads[i], worker, &numbers[i]) != thrd_success)
            printf("thrd_create failed\n");
    for (int i = 0; i < 4; i++) {
        int result = -1, answer = thrd_join(threads[i], i == 1 ? NULL : &result);
        printf("join %d: %d, result %d\n", i, answer, result);
    }
    printf("created %d\n", thrd_create(&gone, detached, NULL));
    printf("detached %d\n", thrd_detach(gone));
    sem_wait(&over);
    mtx_lock(&lock);
    printf("initialised %d, destroyed %d, count %d\n", initialised, destroyed, count);
    mtx_unlock(&lock);
    call_once(&once, initialise);
    printf("initialised %d, self is self %d\n", initialised, thrd_equal(thrd_current(), thrd_current()) != 0);
    mtx_destroy(&lock);
    return 0;
}
