/* Ends itself by the signal that it is told, in a thread while others wait. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *waits(void *unused)
{
    pthread_mutex_lock(&lock);
    return unused;
}

int main(int count, char **arguments)
{
    pthread_t thread;
    pthread_mutex_lock(&lock);
    pthread_create(&thread, NULL, waits, NULL);
    int number = atoi(arguments[1]);
    if (number == SIGSEGV)
        *(volatile int *)8 = 1;
    kill(getpid(), number);
    return 9; /* the signal is ignored by default, or the process was stopped and continued */
}
