/* Five philosophers at a round table, and five forks: everybody takes the one
 * on the left, then the one on the right. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

enum { SEATS = 5 };
pthread_mutex_t forks[SEATS];

static void *philosopher(void *argument)
{
    int me = (int)(intptr_t)argument;
    int first = me, second = (me + 1) % SEATS;
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
