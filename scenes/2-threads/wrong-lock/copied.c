/* Two processes, one number in shared memory, and a lock that fork copies. */
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

pthread_mutex_t A = PTHREAD_MUTEX_INITIALIZER; /* private: one per process */
int *shared;

static void add(void)
{
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&A);
        *shared += 1;
        pthread_mutex_unlock(&A);
    }
}

int main(void)
{
    int access = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_ANONYMOUS;
    shared = mmap(NULL, sizeof *shared, access, flags, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        add();
        _exit(0);
    }
    add();
    waitpid(child, NULL, 0);
    printf("the number is %d, and should be 4\n", *shared);
    return 0;
}
