/* Three introductions of three lines each: one after the other. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

static const char *const names[3] = {"Ada", "Grace", "Edsger"};

static void *introduce(void *argument)
{
    const char *name = names[(intptr_t)argument];
    printf("%s: good morning\n", name);
    printf("%s: my name is %s\n", name, name);
    printf("%s: thank you\n", name);
    return NULL;
}

int main(void)
{
    pthread_t speakers[3];
    for (intptr_t i = 0; i < 3; i++) {
        pthread_create(&speakers[i], NULL, introduce, (void *)i);
        pthread_join(speakers[i], NULL); /* before the next is made */
    }
    return 0;
}
