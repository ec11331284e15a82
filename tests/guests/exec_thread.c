/* A thread that is not the first one replaces the program: the others are gone, the process goes on. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pid_t before;

static void *run(void *unused)
{
    char number[16];
    (void)unused;
    snprintf(number, sizeof number, "%d", (int)before);
    execl("/proc/self/exe", "again", number, (char *)NULL);
    return NULL;
}

int main(int count, char **arguments)
{
    pthread_t thread;
    if (count > 1) {
        char number[16];
        snprintf(number, sizeof number, "%d", (int)getpid());
        printf("same process: %d\n", number[0] == arguments[1][0]);
        return 3;
    }
    before = getpid();
    pthread_create(&thread, NULL, run, NULL);
    for (;;)
        pause();
}
