/* A house with three rooms and six guests. */
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

sem_t rooms;

static void *guest(void *argument)
{
    int me = (int)(intptr_t)argument;
    sem_wait(&rooms); /* takes a room; waits while there is none */
    printf("guest %d is in\n", me);
    usleep(50000);
    printf("guest %d leaves\n", me);
    sem_post(&rooms); /* gives it back */
    return NULL;
}

int main(void)
{
    pthread_t guests[6];
    sem_init(&rooms, 0, 3);
    for (int i = 0; i < 6; i++)
        pthread_create(&guests[i], NULL, guest, (void *)(intptr_t)(i + 1));
    for (int i = 0; i < 6; i++)
        pthread_join(guests[i], NULL);
    sem_destroy(&rooms);
    return 0;
}
