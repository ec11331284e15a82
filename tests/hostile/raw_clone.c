/* A thread and a process made by the bare system call, behind the C library's back; they call the library all the same. */
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int ran;
static char stack[65536] __attribute__((aligned(16)));

static int thread(void *unused)
{
    ran = 1;
    syscall(SYS_write, 1, "thread\n", 7);
    syscall(SYS_exit, 0);
    return 0;
}

int main(int count, char **arguments)
{
    int status;
    if (strcmp(arguments[1], "thread") == 0) {
        clone(thread, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL);
        while (!ran)
            usleep(1000);
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
        return 5;
    }
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        pthread_mutex_lock(&lock);
        pthread_mutex_unlock(&lock);
        exit(6);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}
