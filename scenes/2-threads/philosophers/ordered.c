/* Five philosophers at a round table, and five forks: the last one takes
 * them the other way round. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

enum { SEATS = 5 };
pthread_mutex_t forks[SEATS];

static void *philosopher(void *argument)
{
    int me = (int)(intptr_t)argument;
    int first = me, second = (me + 1) % SEATS;
    if (second < first) { /* the last: lower number first, as all others do */
        first = second;
        second = me;
    }
    pthread_mutex_lock(&forks[first]);
    pthread_mutex_lock(&forks[second]);
    printf("philosopher %d eats\n", me);
    pthread_mutex_unlock(&forks[second]);
    pthread_mutex_unlock(&forks[first]);
    return NULL;
}

int main(void)
{
    pthread_t table[SEATS];
    for (int i = 0; i < SEATS; i++)
        pthread_mutex_init(&forks[i], NULL);
    for (intptr_t i = 0; i < SEATS; i++)
        pthread_create(&table[i], NULL, philosopher, (void *)i);
    for (int i = 0; i < SEATS; i++)
        pthread_join(table[i], NULL);
    printf("everybody has eaten\n");
    return 0;
}
