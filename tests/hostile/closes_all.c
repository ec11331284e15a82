/* Closes every descriptor, also those that it never opened, in the way that it is told; then goes on as if nothing were. */
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *locks(void *unused)
{
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    return unused;
}

int main(int count, char **arguments)
{
    const char *how = arguments[1];
    if (strcmp(how, "loop") == 0)
        for (int i = 0; i < 2048; i++)
            close(i);
    else if (strcmp(how, "far") == 0)
        for (int i = 0; i < 1100000; i++)
            close(i);
    else if (strcmp(how, "closefrom") == 0)
        closefrom(0);
    else if (strcmp(how, "close_range") == 0)
        close_range(0, ~0u, 0);
    else if (strcmp(how, "raw") == 0)
        syscall(SYS_close_range, 0, ~0u, 0);
    else if (strcmp(how, "dup2") == 0)
        for (int i = 1; i < 2048; i++)
            dup2(0, i);
    pthread_t thread;
    pthread_mutex_lock(&lock);
    if (pthread_create(&thread, NULL, locks, NULL) != 0)
        return 90;
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(&lock);
        _exit(4);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return 3 + WEXITSTATUS(status);
}
