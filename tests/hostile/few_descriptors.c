/* Allows itself four descriptors, then none, and goes on: threads, children, a program in its place. */
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *locks(void *unused)
{
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    return unused;
}

static int work(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, locks, NULL) != 0)
        return 90;
    pthread_join(thread, NULL);
    pid_t child = fork();
    if (child == 0) {
        locks(NULL);
        _exit(4);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

int main(int count, char **arguments)
{
    struct rlimit limit = {4, 4};
    if (strcmp(arguments[1], "again") == 0)
        return 10 + work();
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 91;
    int before = work();
    if (strcmp(arguments[1], "none") == 0) {
        limit = (struct rlimit){0, 0};
        setrlimit(RLIMIT_NOFILE, &limit);
        return before + work();
    }
    execl(arguments[0], arguments[0], "again", arguments[2], (char *)NULL);
    return 92;
}
