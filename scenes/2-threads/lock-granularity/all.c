/* Two cooks, one salt cellar: all of the work is inside the lock. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

pthread_mutex_t salt_lock = PTHREAD_MUTEX_INITIALIZER;
int salt = 10;
int chopped[2];

static void *cook(void *argument)
{
    intptr_t me = (intptr_t)argument;
    for (int dish = 0; dish < 2; dish++) {
        pthread_mutex_lock(&salt_lock);
        chopped[me] += 1; /* a board of its own: nobody else touches it */
        chopped[me] += 1;
        salt -= 1;
        pthread_mutex_unlock(&salt_lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t cooks[2];
    for (intptr_t i = 0; i < 2; i++)
        pthread_create(&cooks[i], NULL, cook, (void *)i);
    for (int i = 0; i < 2; i++)
        pthread_join(cooks[i], NULL);
    printf("salt %d, chopped %d and %d\n", salt, chopped[0], chopped[1]);
    return 0;
}
