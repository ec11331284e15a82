/* Computes for ever without a call; with "beside" a second thread does something useful meanwhile and then ends it all. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *useful(void *unused)
{
    for (int i = 0; i < 5; i++) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
    }
    exit(3);
}

int main(int count, char **arguments)
{
    pthread_t thread;
    if (strcmp(arguments[1], "beside") == 0)
        pthread_create(&thread, NULL, useful, NULL);
    for (volatile unsigned long i = 0;; i++)
        ;
}
