/* Three hikers, two legs of the way: nobody sets out on the next leg before
 * all have come to the hut. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { HIKERS = 3, LEGS = 2 };
pthread_barrier_t hut;

static void *hike(void *argument)
{
    int me = (int)(intptr_t)argument;
    for (int leg = 1; leg <= LEGS; leg++) {
        usleep((useconds_t)me * 10000); /* each at their own pace */
        printf("hiker %d is at hut %d\n", me, leg);
        pthread_barrier_wait(&hut);
        printf("hiker %d leaves hut %d\n", me, leg);
    }
    return NULL;
}

int main(void)
{
    pthread_t hikers[HIKERS];
    pthread_barrier_init(&hut, NULL, HIKERS);
    for (intptr_t i = 0; i < HIKERS; i++)
        pthread_create(&hikers[i], NULL, hike, (void *)(i + 1));
    for (int i = 0; i < HIKERS; i++)
        pthread_join(hikers[i], NULL);
    pthread_barrier_destroy(&hut);
    return 0;
}
