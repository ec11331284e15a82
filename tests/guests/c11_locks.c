/* C11: mutexes of each type, their tries and deadlines; condition variables, signalled, broadcast, timed. */
#include "tell.h"

#include <threads.h>

static mtx_t lock, recursive;
static cnd_t changed;
static int waiting, go, served;

static const char *word(int result)
{
    return result == thrd_success ? "success"
           : result == thrd_busy ? "busy"
           : result == thrd_timedout ? "timed out"
           : result == thrd_nomem ? "no memory" : "error";
}
#define SAY(call)                                                                                                      \
    do {                                                                                                               \
        errno = 77;                                                                                                    \
        int said = (call);                                                                                             \
        printf("%s: %s%s\n", #call, word(said), errno == 77 ? "" : ", errno changed");                                 \
    } while (0)

static int other(void *mutex)
{
    SAY(mtx_trylock(mutex));
    SAY(mtx_timedlock(mutex, SOON(CLOCK_REALTIME)));
    SAY(mtx_timedlock(mutex, PAST));
    return 0;
}

static void beside(mtx_t *mutex)
{
    thrd_t thread;
    thrd_create(&thread, other, mutex);
    thrd_join(thread, NULL);
}

static int waiter(void *unused)
{
    mtx_lock(&lock);
    waiting++;
    cnd_broadcast(&changed);
    while (!go)
        cnd_wait(&changed, &lock);
    served++;
    cnd_signal(&changed);
    mtx_unlock(&lock);
    return 0;
}

static int adder(void *unused)
{
    for (int i = 0; i < 5; i++) {
        mtx_lock(&lock);
        int seen = served;
        thrd_yield();
        served = seen + 10;
        mtx_unlock(&lock);
    }
    return 0;
}

int main(void)
{
    thrd_t threads[3];
    SAY(mtx_init(&lock, mtx_timed));
    SAY(mtx_init(&recursive, mtx_timed | mtx_recursive));
    SAY(cnd_init(&changed));
    SAY(mtx_lock(&lock));
    SAY(mtx_trylock(&lock));
    SAY(mtx_timedlock(&lock, SOON(CLOCK_REALTIME)));
    SAY(mtx_timedlock(&lock, MALFORMED));
    beside(&lock);
    SAY(cnd_timedwait(&changed, &lock, SOON(CLOCK_REALTIME)));
    SAY(cnd_timedwait(&changed, &lock, PAST));
    SAY(cnd_timedwait(&changed, &lock, MALFORMED));
    SAY(mtx_unlock(&lock));
    SAY(mtx_lock(&recursive));
    SAY(mtx_trylock(&recursive));
    SAY(mtx_timedlock(&recursive, PAST));
    beside(&recursive);
    for (int i = 0; i < 4; i++)
        SAY(mtx_unlock(&recursive));
    for (int i = 0; i < 3; i++)
        thrd_create(&threads[i], waiter, NULL);
    mtx_lock(&lock);
    while (waiting < 3)
        cnd_wait(&changed, &lock);
    go = 1;
    SAY(cnd_broadcast(&changed));
    while (served < 3)
        cnd_wait(&changed, &lock);
    mtx_unlock(&lock);
    for (int i = 0; i < 3; i++)
        thrd_join(threads[i], NULL);
    for (int i = 0; i < 3; i++)
        thrd_create(&threads[i], adder, NULL);
    for (int i = 0; i < 3; i++)
        thrd_join(threads[i], NULL);
    printf("served %d\n", served);
    SAY(cnd_signal(&changed));
    cnd_destroy(&changed);
    mtx_destroy(&lock);
    mtx_destroy(&recursive);
    return 0;
}
