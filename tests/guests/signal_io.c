/* SIGIO: the kernel sends it when a descriptor becomes ready (O_ASYNC). One thread blocks it, the other handles it. */
#include "tell.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

static int ends[2];
static volatile sig_atomic_t seen;
static pthread_t reader;
static sem_t wanted; /* one signal at a time: two would be one */

static void handler(int number)
{
    char byte;
    if (number == SIGIO && pthread_equal(pthread_self(), reader) && read(ends[0], &byte, 1) == 1)
        seen = seen + 1;
}

static void *writer(void *argument)
{
    for (int i = 0; i < 2; i++) {
        sem_wait(&wanted);
        usleep(20000);
        if (write(ends[1], "x", 1) != 1)
            seen = 100;
    }
    return argument;
}

int main(void)
{
    pthread_t thread;
    sigset_t io, none;
    struct sigaction action = {.sa_handler = handler};
    reader = pthread_self();
    sigemptyset(&none);
    sigemptyset(&io);
    sigaddset(&io, SIGIO);
    sem_init(&wanted, 0, 0);
    TELL_ERRNO(pipe(ends));
    TELL_ERRNO(sigaction(SIGIO, &action, NULL));
    TELL(pthread_sigmask(SIG_BLOCK, &io, NULL));
    pthread_create(&thread, NULL, writer, NULL);
    TELL_ERRNO(fcntl(ends[0], F_SETOWN, getpid()));
    TELL_ERRNO(fcntl(ends[0], F_SETFL, O_ASYNC));
    for (int i = 0; i < 2; i++) {
        sem_post(&wanted);
        TELL_ERRNO(sigsuspend(&none));
        printf("%d seen\n", (int)seen);
    }
    pthread_join(thread, NULL);
    return 0;
}
