/* A mutex in shared memory, used by a parent and its children. */
#include "tell.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 3
#define ROUNDS 4

struct page {
    pthread_mutex_t mutex;
    int count, inside, overlaps;
};

static void add(struct page *page)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&page->mutex);
        page->overlaps += page->inside++;
        int seen = page->count;
        sched_yield();
        page->count = seen + 1;
        page->inside--;
        pthread_mutex_unlock(&page->mutex);
    }
}

int main(void)
{
    struct page *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    TELL(pthread_mutex_init(&page->mutex, &attributes));
    TELL(pthread_mutex_lock(&page->mutex));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int answer = pthread_mutex_trylock(&page->mutex) == EBUSY;
        answer += 2 * (pthread_mutex_timedlock(&page->mutex, SOON(CLOCK_REALTIME)) == ETIMEDOUT);
        _exit(answer);
    }
    int status;
    waitpid(child, &status, 0);
    printf("the child saw %d\n", WEXITSTATUS(status));
    TELL(pthread_mutex_unlock(&page->mutex));
    fflush(stdout);
    for (int i = 0; i < CHILDREN; i++)
        if (fork() == 0) {
            add(page);
            _exit(10 + i);
        }
    add(page);
    int sum = 0;
    for (int i = 0; i < CHILDREN; i++) {
        wait(&status);
        sum += WEXITSTATUS(status);
    }
    printf("count %d, overlaps %d, statuses %d\n", page->count, page->overlaps, sum);
    TELL(pthread_mutex_destroy(&page->mutex));
    return 0;
}
