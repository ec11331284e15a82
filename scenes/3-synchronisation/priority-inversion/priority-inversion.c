/* Three priorities, and one lock that the lowest and the highest share. The
 * middle one needs no lock, only the CPU, for WORK pieces of work.
 *     priority-inversion WORK [inherit] */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOW = 1, MIDDLE, HIGH };
pthread_mutex_t lock;
sem_t high_bell, middle_bell;
int work, done;

static void set_priority(int priority)
{
    struct sched_param mine = {.sched_priority = priority};
    /* Not everybody may do that on a real machine; then all stay equal. */
    pthread_setschedparam(pthread_self(), SCHED_FIFO, &mine);
}

static void *high(void *unused)
{
    set_priority(HIGH);
    sem_wait(&high_bell); /* sleeps until there is something to do */
    pthread_mutex_lock(&lock);
    printf("high: at last\n");
    pthread_mutex_unlock(&lock);
    return unused;
}

static void *middle(void *unused)
{
    set_priority(MIDDLE);
    sem_wait(&middle_bell);
    while (done < work)
        done = done + 1;
    printf("middle: done\n");
    return unused;
}

static void *low(void *unused)
{
    set_priority(LOW);
    pthread_mutex_lock(&lock);
    sem_post(&high_bell); /* while it holds the lock, the others wake up */
    sem_post(&middle_bell);
    printf("low: work inside the lock\n");
    pthread_mutex_unlock(&lock);
    return unused;
}

int main(int count, char **arguments)
{
    pthread_mutexattr_t kind;
    pthread_t threads[3];
    work = count > 1 ? atoi(arguments[1]) : 4;
    pthread_mutexattr_init(&kind);
    if (count > 2)
        pthread_mutexattr_setprotocol(&kind, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&lock, &kind);
    sem_init(&high_bell, 0, 0);
    sem_init(&middle_bell, 0, 0);
    pthread_create(&threads[0], NULL, high, NULL);
    pthread_create(&threads[1], NULL, middle, NULL);
    pthread_create(&threads[2], NULL, low, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
