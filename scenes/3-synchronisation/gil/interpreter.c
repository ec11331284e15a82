/* An interpreter that runs the same bytecode in two threads, under one big
 * lock.        interpreter CODE
 * CODE: c computes, w waits for a device; l, a and s (load, add, store) are
 * g_num += 1 in the program that is interpreted. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

pthread_mutex_t gil = PTHREAD_MUTEX_INITIALIZER;
int refs = 1;  /* references to an object of which each instruction keeps one */
int done = 0;  /* pieces of computing */
int g_num = 0; /* a variable of the program that is interpreted */

static void compute(void)
{
    for (int i = 0; i < 5; i++)
        done = done + 1;
}

static void wait_for_device(void)
{
    pthread_mutex_unlock(&gil); /* meanwhile the other one may run */
    usleep(100000);
    pthread_mutex_lock(&gil);
}

static void *interpret(void *argument)
{
    char code[8]; /* its own copy */
    int hand = 0; /* what this thread holds in its hand */
    snprintf(code, sizeof code, "%s", (const char *)argument);
    for (int i = 0; code[i]; i++) {
        pthread_mutex_lock(&gil);
        refs = refs + 1;
        if (code[i] == 'c')
            compute();
        else if (code[i] == 'w')
            wait_for_device();
        else if (code[i] == 'l')
            hand = g_num;
        else if (code[i] == 'a')
            hand = hand + 1;
        else if (code[i] == 's')
            g_num = hand;
        pthread_mutex_unlock(&gil);
    }
    return NULL;
}

int main(int count, char **arguments)
{
    char *code = count > 1 ? arguments[1] : "cc";
    int kept = 1 + 2 * (int)strlen(code), sum = strchr(code, 's') ? 2 : 0;
    pthread_t one, two;
    pthread_create(&one, NULL, interpret, code);
    pthread_create(&two, NULL, interpret, code);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    printf("references: %d, should be %d\n", refs, kept);
    printf("g_num: %d, should be %d\n", g_num, sum);
    return refs == kept && g_num == sum ? 0 : 1;
}
