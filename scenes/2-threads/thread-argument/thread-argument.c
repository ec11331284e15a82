/* Each thread is to have a number of its own, and is given the address of i. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

static void *work(void *argument)
{
    int me = *(int *)argument;
    printf("I am number %d\n", me);
    return (void *)(intptr_t)me;
}

int main(void)
{
    pthread_t threads[3];
    int i, sum = 0;
    for (i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, work, &i); /* the same i for all */
    for (int k = 0; k < 3; k++) {
        void *number;
        pthread_join(threads[k], &number);
        sum += (int)(intptr_t)number;
    }
    printf("0 + 1 + 2 is %d here\n", sum);
    return sum == 3 ? 0 : 1;
}
