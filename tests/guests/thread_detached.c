/* Detached threads, by attribute, from outside and by themselves; a child's threads; threads that make threads. */
#include "tell.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

static sem_t done;
static int count;

static void *adds(void *unused)
{
    __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    sem_post(&done);
    return unused;
}

static void *detaches_itself(void *unused)
{
    pthread_detach(pthread_self());
    return adds(unused);
}

static void *makes_two(void *unused)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, adds, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return (void *)2L;
}

int main(void)
{
    pthread_t thread;
    pthread_attr_t attributes;
    void *value;
    sem_init(&done, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    TELL(pthread_create(&thread, &attributes, adds, NULL));
    TELL_ERRNO(sem_wait(&done));
    TELL(pthread_create(&thread, NULL, detaches_itself, NULL));
    TELL_ERRNO(sem_wait(&done));
    TELL(pthread_create(&thread, NULL, adds, NULL));
    TELL(pthread_detach(thread));
    TELL_ERRNO(sem_wait(&done));
    TELL(pthread_create(&thread, NULL, makes_two, NULL));
    TELL(pthread_join(thread, &value));
    printf("made %ld, count %d\n", (long)value, count);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        pthread_create(&thread, NULL, makes_two, NULL);
        pthread_join(thread, &value);
        _exit(count);
    }
    int status;
    waitpid(child, &status, 0);
    printf("the child counted %d, we still %d\n", WEXITSTATUS(status), count);
    return 0;
}
