/* Three introductions of three lines each, under a lock. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

pthread_mutex_t microphone = PTHREAD_MUTEX_INITIALIZER;
static const char *const names[3] = {"Ada", "Grace", "Edsger"};

static void *introduce(void *argument)
{
    const char *name = names[(intptr_t)argument];
    pthread_mutex_lock(&microphone);
    printf("%s: good morning\n", name);
    printf("%s: my name is %s\n", name, name);
    printf("%s: thank you\n", name);
    pthread_mutex_unlock(&microphone);
    return NULL;
}

int main(void)
{
    pthread_t speakers[3];
    for (intptr_t i = 0; i < 3; i++)
        pthread_create(&speakers[i], NULL, introduce, (void *)i);
    for (int i = 0; i < 3; i++)
        pthread_join(speakers[i], NULL);
    return 0;
}
