/* You speak, then I speak: two threads take turns by a condition variable. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
int turn = 1; /* whose turn it is: the caller's */

static const char *const lines[2][3] = {
    {"door:   Who is there?", "door:   Lock who?", "door:   Come in, then."},
    {"caller: Knock, knock.", "caller: Lock.", "caller: Lock me in, please."},
};

static void *speak(void *argument)
{
    intptr_t me = (intptr_t)argument;
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&lock);
        while (turn != me)
            pthread_cond_wait(&changed, &lock);
        puts(lines[me][i]);
        turn = 1 - (int)me;
        pthread_cond_signal(&changed);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t door, caller;
    pthread_create(&door, NULL, speak, (void *)0);
    pthread_create(&caller, NULL, speak, (void *)1);
    pthread_join(door, NULL);
    pthread_join(caller, NULL);
    return 0;
}
