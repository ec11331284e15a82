/* A notice board: many may read it at once, but who writes must be alone. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

pthread_rwlock_t board = PTHREAD_RWLOCK_INITIALIZER;
int notice = 1;

static void *reader(void *argument)
{
    int me = (int)(intptr_t)argument;
    usleep((useconds_t)me * 10000); /* they come one after another */
    pthread_rwlock_rdlock(&board);
    printf("reader %d reads notice %d\n", me, notice);
    usleep(15000); /* reads; the next one comes meanwhile */
    pthread_rwlock_unlock(&board);
    return NULL;
}

static void *writer(void *unused)
{
    (void)unused;
    usleep(15000); /* comes while reader 1 reads */
    pthread_rwlock_wrlock(&board);
    notice = notice + 1;
    printf("writer: notice %d is up\n", notice);
    pthread_rwlock_unlock(&board);
    return NULL;
}

int main(void)
{
    pthread_t readers[3], author;
    pthread_create(&author, NULL, writer, NULL);
    for (intptr_t i = 0; i < 3; i++)
        pthread_create(&readers[i], NULL, reader, (void *)(i + 1));
    for (int i = 0; i < 3; i++)
        pthread_join(readers[i], NULL);
    pthread_join(author, NULL);
    return 0;
}
