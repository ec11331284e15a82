/* Named semaphores: open, create, exclusive, missing, bad names, unlink while open, one object for all openers. */
#include "tell.h"

#include <fcntl.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "/lockstep-test-semaphore"

static void tell_open(const char *what, sem_t *semaphore)
{
    int error = errno;
    int value = -1;
    if (semaphore == SEM_FAILED)
        printf("%s: %s\n", what, tell_name(error));
    else if (sem_getvalue(semaphore, &value) == 0)
        printf("%s: opened, value %d\n", what, value);
}
#define OPEN(...) (errno = 77, sem_open(__VA_ARGS__))

int main(void)
{
    sem_unlink(NAME);
    tell_open("missing", OPEN(NAME, 0));
    sem_t *first = OPEN(NAME, O_CREAT | O_EXCL, 0600, 3);
    tell_open("created", first);
    tell_open("exclusive again", OPEN(NAME, O_CREAT | O_EXCL, 0600, 1));
    sem_t *second = OPEN(NAME, 0);
    tell_open("second opener", second);
    printf("one object: %s\n", first == second ? "yes" : "no");
    tell_open("created again keeps the value", OPEN(NAME, O_CREAT, 0600, 9));
    tell_open("value too large", OPEN(NAME "2", O_CREAT, 0600, 1u << 31));
    tell_open("no name", OPEN("/", O_CREAT, 0600, 1));
    tell_open("slash inside", OPEN("/a/b", O_CREAT, 0600, 1));
    TELL_ERRNO(sem_wait(first));
    TELL_ERRNO(sem_trywait(second));
    int value;
    TELL_ERRNO(sem_getvalue(first, &value));
    printf("value %d\n", value);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        sem_t *own = sem_open(NAME, 0);
        if (own == SEM_FAILED)
            _exit(99);
        for (int i = 0; i < 3; i++)
            sem_post(i % 2 ? own : first);
        _exit(sem_close(own));
    }
    for (int i = 0; i < 4; i++)
        TELL_ERRNO(sem_wait(first));
    int status;
    waitpid(child, &status, 0);
    printf("child: %d\n", WEXITSTATUS(status));
    TELL_ERRNO(sem_getvalue(first, &value));
    printf("value %d\n", value);
    TELL_ERRNO(sem_unlink(NAME));
    TELL_ERRNO(sem_unlink(NAME));
    TELL_ERRNO(sem_unlink("/a/b"));
    TELL_ERRNO(sem_post(first));
    TELL_ERRNO(sem_wait(first));
    TELL_ERRNO(sem_close(first));
    TELL_ERRNO(sem_close(second));
    TELL_ERRNO(sem_close(first));
    sem_t never;
    TELL_ERRNO(sem_close(&never));
    return 0;
}
