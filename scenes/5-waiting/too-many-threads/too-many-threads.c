/* A thread for each client: 1, 10, 100 of them. What do they take of memory,
 * and how often must the system switch between them? Really measured. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MOST = 100, REQUESTS = 10, ROOM = 64 * 1024 };

static pthread_barrier_t all_there, all_measured;

static void *serve(void *unused)
{
    volatile char room[ROOM]; /* what a server works with */
    for (int i = 0; i < ROOM; i += 4096)
        room[i] = 1;
    pthread_barrier_wait(&all_there);
    pthread_barrier_wait(&all_measured);
    for (int i = 0; i < REQUESTS; i++)
        usleep(1000 + room[0]); /* wait for the next request */
    return unused;
}

static void memory(long *virtual, long *resident) /* in kB */
{
    long page = sysconf(_SC_PAGESIZE) / 1024;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", virtual, resident) != 2)
        *virtual = *resident = 0;
    if (file)
        fclose(file);
    *virtual *= page;
    *resident *= page;
}

static long switches(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw + usage.ru_nivcsw;
}

static void measure(unsigned count)
{
    pthread_t threads[MOST];
    long virtual, resident;
    pthread_barrier_init(&all_there, NULL, count + 1);
    pthread_barrier_init(&all_measured, NULL, count + 1);
    for (unsigned i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, serve, NULL);
    pthread_barrier_wait(&all_there);
    memory(&virtual, &resident);
    long before = switches();
    pthread_barrier_wait(&all_measured);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    printf("%7u %9ld kB %9ld kB %9ld\n", count, virtual, resident,
           switches() - before);
    pthread_barrier_destroy(&all_there);
    pthread_barrier_destroy(&all_measured);
}

int main(void)
{
    printf("threads      virtual     resident  switches\n");
    for (unsigned count = 1; count <= MOST; count *= 10)
        measure(count);
    return 0;
}
