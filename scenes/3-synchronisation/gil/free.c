/* The bookkeeping of an interpreter that has no lock. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

int refs = 1; /* references to an object of which each instruction keeps one */

static void *interpret(void *argument)
{
    char code[8]; /* its own copy */
    snprintf(code, sizeof code, "%s", (const char *)argument);
    for (int i = 0; code[i]; i++)
        refs = refs + 1; /* load, add, store */
    return NULL;
}

int main(int count, char **arguments)
{
    char *code = count > 1 ? arguments[1] : "cc";
    int kept = 1 + 2 * (int)strlen(code);
    pthread_t one, two;
    pthread_create(&one, NULL, interpret, code);
    pthread_create(&two, NULL, interpret, code);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    printf("references: %d, should be %d\n", refs, kept);
    return refs == kept ? 0 : 1;
}
