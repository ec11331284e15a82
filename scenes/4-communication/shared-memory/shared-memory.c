/* One piece of memory in two processes. What one writes, the other sees. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMES = 2 };

struct shared {
    int total;
} *box;

/* The system chooses where the memory object is seen in this process. */
static void attach(int memory)
{
    box = mmap(NULL, sizeof *box, PROT_READ | PROT_WRITE, MAP_SHARED,
               memory, 0);
    if (box == MAP_FAILED)
        _exit(1);
}

static void work(const char *who)
{
    for (int i = 0; i < TIMES; i++)
        box->total += 1; /* no lock */
    printf("%s: total is at %p\n", who, (void *)&box->total);
}

int main(void)
{
    int memory = shm_open("/total", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (memory < 0 || ftruncate(memory, sizeof *box) != 0)
        return 1;
    shm_unlink("/total"); /* the descriptor is enough from here on */

    if (fork() == 0) {
        mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        attach(memory); /* lands elsewhere: that place is taken */
        work("child ");
        return 0;
    }
    attach(memory);
    work("parent");
    wait(NULL);
    printf("total: %d\n", box->total);
    return 0;
}
