/* A barrier in shared memory, of a parent and two children. */
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct page {
    pthread_barrier_t barrier;
    int phase[3];
};

static int run(struct page *page, int me)
{
    int serial = 0, wrong = 0;
    for (int phase = 1; phase <= 3; phase++) {
        page->phase[me] = phase;
        serial += pthread_barrier_wait(&page->barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
        for (int i = 0; i < 3; i++)
            wrong += page->phase[i] != phase;
        pthread_barrier_wait(&page->barrier);
    }
    return serial + 10 * wrong;
}

int main(void)
{
    struct page *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_barrierattr_t attributes;
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&page->barrier, &attributes, 3);
    for (int i = 1; i < 3; i++)
        if (fork() == 0)
            _exit(run(page, i));
    int sum = run(page, 0), status;
    while (wait(&status) > 0)
        sum += WEXITSTATUS(status);
    printf("three phases, %d serial in all\n", sum);
    return sum != 3;
}
