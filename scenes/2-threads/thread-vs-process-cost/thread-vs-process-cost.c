/* What does a new thread cost, and what a new process? Measured many times:
 * made, run to the end, and waited for. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMES = 100 };
char memory[16 << 20]; /* what a process of ordinary size has in use */

static void *nothing(void *unused)
{
    return unused;
}

static void one_thread(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) == 0)
        pthread_join(thread, NULL);
}

static void one_process(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
}

static int by_size(const void *one, const void *other)
{
    long a = *(const long *)one, b = *(const long *)other;
    return (a > b) - (a < b);
}

/* The median, in microseconds: a few slow ones do not count then. */
static long median(void (*make_one)(void))
{
    static long taken[TIMES];
    for (int i = 0; i < TIMES; i++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        make_one();
        clock_gettime(CLOCK_MONOTONIC, &end);
        taken[i] = (end.tv_sec - start.tv_sec) * 1000000L;
        taken[i] += (end.tv_nsec - start.tv_nsec) / 1000;
    }
    qsort(taken, TIMES, sizeof *taken, by_size);
    return taken[TIMES / 2];
}

static void bar(const char *what, long cost, long most)
{
    printf("%-8s", what);
    for (long i = 0; i <= cost * 40 / (most + 1); i++)
        printf("#");
    printf(" %ld us\n", cost);
}

int main(void)
{
    for (size_t i = 0; i < sizeof memory; i += 4096)
        memory[i] = 1; /* make it real */
    long thread = median(one_thread), process = median(one_process);
    long most = thread > process ? thread : process;
    printf("made, run and waited for, %d times each; the median:\n", TIMES);
    bar("thread", thread, most);
    bar("process", process, most);
    return 0;
}
