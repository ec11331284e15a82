/* fork with threads is safe when the child does nothing but exec: the new
 * program has no old locks. */
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
        execlp("echo", "echo", "child: a new program", (char *)NULL);
        _exit(127);
    }
    pthread_join(thread, NULL);
    waitpid(child, NULL, 0);
    printf("parent: the child is done\n");
    return 0;
}
