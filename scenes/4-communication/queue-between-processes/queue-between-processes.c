/* A queue between processes: a pipe that carries whole messages, and a lock for
 * each end, so that several may write and several may read. */
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct message {
    int from; /* pid of the writer */
    char letter;
};

struct locks {
    pthread_mutex_t put, get;
} *locks; /* in memory that the processes share */
int ends[2];

static void put(char letter)
{
    struct message message = {getpid(), letter};
    pthread_mutex_lock(&locks->put);
    write(ends[1], &message, sizeof message);
    pthread_mutex_unlock(&locks->put);
}

static char get(void)
{
    struct message message = {0, 0};
    pthread_mutex_lock(&locks->get);
    read(ends[0], &message, sizeof message); /* waits while it is empty */
    pthread_mutex_unlock(&locks->get);
    if (message.letter)
        printf("reader %d: %c from %d\n", getpid(), message.letter,
               message.from);
    return message.letter;
}

int main(void)
{
    pthread_mutexattr_t between;
    locks = mmap(NULL, sizeof *locks, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (locks == MAP_FAILED || pipe(ends) != 0)
        return 1;
    pthread_mutexattr_init(&between);
    pthread_mutexattr_setpshared(&between, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&locks->put, &between);
    pthread_mutex_init(&locks->get, &between);
    if (fork() == 0) { /* the writer */
        for (char letter = 'A'; letter <= 'C'; letter++) {
            usleep(20000);
            put(letter);
        }
        return 0;
    }
    if (fork() == 0) { /* the reader */
        for (int i = 0; i < 3; i++)
            get();
        return 0;
    }
    wait(NULL);
    wait(NULL);
    return 0;
}
