/* Two processes, and the lock lies in shared memory beside the number. */
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct account {
    pthread_mutex_t lock;
    int number;
};
struct account *shared;

static void add(void)
{
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&shared->lock);
        shared->number += 1;
        pthread_mutex_unlock(&shared->lock);
    }
}

int main(void)
{
    pthread_mutexattr_t kind;
    int access = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_ANONYMOUS;
    shared = mmap(NULL, sizeof *shared, access, flags, -1, 0);
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared->lock, &kind);
    pid_t child = fork();
    if (child == 0) {
        add();
        _exit(0);
    }
    add();
    waitpid(child, NULL, 0);
    printf("the number is %d, and should be 4\n", shared->number);
    return 0;
}
