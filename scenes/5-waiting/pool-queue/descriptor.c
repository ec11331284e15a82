/* A pool of two workers and a queue that both shall use: a plain pipe. It is
 * made before the workers, or after them and its number sent. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LETTERS = 3 };

struct job {
    char what;      /* 'p': put, 'g': get */
    int descriptor; /* of the queue's end */
};

static int jobs[2], queue[2];

static int put(int descriptor)
{
    for (char letter = 'A'; letter < 'A' + LETTERS; letter++)
        if (write(descriptor, &letter, 1) != 1) {
            perror("put");
            return 1;
        }
    return 0;
}

static int get(int descriptor)
{
    for (int i = 0; i < LETTERS; i++) {
        char letter;
        if (read(descriptor, &letter, 1) != 1) {
            perror("get");
            return 1;
        }
        printf("got %c\n", letter);
    }
    return 0;
}

static int work(void)
{
    struct job job;
    int failed = 0;
    close(jobs[1]);
    while (read(jobs[0], &job, sizeof job) == sizeof job)
        failed |= job.what == 'p' ? put(job.descriptor) : get(job.descriptor);
    return failed;
}

static void submit(char what, int descriptor)
{
    struct job job = {what, descriptor};
    if (write(jobs[1], &job, sizeof job) < 0)
        perror("submit");
}

int main(int count, char **arguments)
{
    int inherited = count < 2 || strcmp(arguments[1], "sent") != 0;
    if (pipe(jobs) != 0 || (inherited && pipe(queue) != 0))
        return 1;
    for (int worker = 0; worker < 2; worker++)
        if (fork() == 0)
            return work();
    if (!inherited && pipe(queue) != 0)
        return 1;
    submit('p', queue[1]);
    submit('g', queue[0]);
    close(jobs[1]); /* no more jobs */
    while (wait(NULL) > 0)
        continue;
    return 0;
}
