/* One thread tests a pointer, then uses it; another takes it away in between. To see it natively, a sleep is needed. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int *shared;

static void *taker(void *unused)
{
    usleep(20000); /* "by then the others are surely done" */
    int *old = shared;
    shared = NULL;
    free(old);
    return unused;
}

static void *user(void *unused)
{
    if (shared) {
        printf("it is there\n");
        printf("%d\n", *shared);
    }
    return unused;
}

int main(void)
{
    pthread_t a, b;
    shared = malloc(sizeof *shared);
    *shared = 42;
    pthread_create(&a, NULL, taker, NULL);
    pthread_create(&b, NULL, user, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
