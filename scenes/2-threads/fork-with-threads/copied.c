/* fork copies the thread that calls it, and no other; but all of memory, with
 * every lock as it was. */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

pthread_mutex_t diary_lock = PTHREAD_MUTEX_INITIALIZER;
int pages = 0;

static void write_page(void)
{
    pthread_mutex_lock(&diary_lock);
    pages += 1;
    pthread_mutex_unlock(&diary_lock);
}

static void *writer(void *unused)
{
    (void)unused;
    write_page();
    write_page();
    return NULL;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, writer, NULL);
    pid_t child = fork();
    if (child == 0) {
        write_page(); /* perhaps locked by a thread that is not here */
        _exit(0);
    }
    pthread_join(thread, NULL);
    waitpid(child, NULL, 0);
    printf("parent: the child is done\n");
    return 0;
}
