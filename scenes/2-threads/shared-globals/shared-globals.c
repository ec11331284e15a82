/* Two threads of one process: globals are shared, and so is what both are
 * given a pointer to; locals are private. */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

int g_num = 100;
int g_list[4] = {11, 22, 33, 0};
sem_t written;

static void *writer(void *argument)
{
    int *list = argument;
    int local = 1;
    g_num += 1;
    list[3] = 44;
    printf("writer: my local is %d at %p\n", local, (void *)&local);
    sem_post(&written); /* now the other may look */
    return NULL;
}

static void *reader(void *argument)
{
    int *list = argument;
    int local = 2;
    sem_wait(&written);
    printf("reader: my local is %d at %p\n", local, (void *)&local);
    printf("reader: g_num is %d, list[3] is %d\n", g_num, list[3]);
    return NULL;
}

int main(void)
{
    pthread_t one, two;
    sem_init(&written, 0, 0);
    pthread_create(&one, NULL, writer, g_list);
    pthread_create(&two, NULL, reader, g_list);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    return 0;
}
