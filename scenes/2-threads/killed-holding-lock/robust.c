/* Two processes share a robust lock. One is killed while it holds it, and the
 * next owner is told. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared {
    pthread_mutex_t lock;
    int number;
};
struct shared *shared;
int ready[2];

static void holder(void)
{
    pthread_mutex_lock(&shared->lock);
    shared->number = 1; /* half done; the other half follows */
    if (write(ready[1], "!", 1) == 1)
        pause(); /* somewhere in here it is killed */
    shared->number = 2;
    pthread_mutex_unlock(&shared->lock);
    _exit(0);
}

int main(void)
{
    pthread_mutexattr_t kind;
    int access = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_ANONYMOUS;
    shared = mmap(NULL, sizeof *shared, access, flags, -1, 0);
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&shared->lock, &kind);
    if (pipe(ready) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0)
        holder();
    char letter;
    if (read(ready[0], &letter, 1) == 1) /* now the child is inside */
        kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    printf("parent: the child was killed\n");
    if (pthread_mutex_lock(&shared->lock) == EOWNERDEAD) {
        printf("parent: its owner died, number was %d\n", shared->number);
        shared->number = 2; /* finish what was half done */
        pthread_mutex_consistent(&shared->lock);
    }
    printf("parent: number is %d\n", shared->number);
    pthread_mutex_unlock(&shared->lock);
    return 0;
}
