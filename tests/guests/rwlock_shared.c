/* A read-write lock in shared memory, of a parent and its children. */
#include "tell.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct page {
    pthread_rwlock_t lock;
    int value, copy;
};

static int visit(struct page *page, int writer)
{
    int wrong = 0;
    for (int i = 0; i < 3; i++) {
        if (writer) {
            pthread_rwlock_wrlock(&page->lock);
            page->value++;
            sched_yield();
            page->copy++;
        } else {
            pthread_rwlock_rdlock(&page->lock);
            int seen = page->value;
            sched_yield();
            wrong += seen != page->copy;
        }
        pthread_rwlock_unlock(&page->lock);
    }
    return wrong;
}

int main(void)
{
    struct page *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    TELL(pthread_rwlock_init(&page->lock, &attributes));
    TELL(pthread_rwlock_rdlock(&page->lock));
    fflush(stdout);
    int status, wrong = 0;
    if (fork() == 0)
        _exit((pthread_rwlock_trywrlock(&page->lock) == EBUSY) + 2 * (pthread_rwlock_rdlock(&page->lock) == 0) +
              4 * (pthread_rwlock_unlock(&page->lock) == 0) +
              8 * (pthread_rwlock_timedwrlock(&page->lock, SOON(CLOCK_REALTIME)) == ETIMEDOUT));
    wait(&status);
    printf("child: %d\n", WEXITSTATUS(status));
    TELL(pthread_rwlock_unlock(&page->lock));
    fflush(stdout);
    for (int i = 0; i < 3; i++)
        if (fork() == 0)
            _exit(visit(page, i % 2));
    wrong += visit(page, 1);
    while (wait(&status) > 0)
        wrong += WEXITSTATUS(status);
    printf("value %d, copy %d, wrong %d\n", page->value, page->copy, wrong);
    return 0;
}
