/* Unmaps memory of its own without looking: everything that can be written, but the stack that it stands on. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    char line[512];
    struct {
        unsigned long start, end;
    } list[256];
    int length = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (length < 256 && fgets(line, sizeof line, maps)) {
        char permissions[8];
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx %7s", &start, &end, permissions) == 3 && permissions[1] == 'w' && !strstr(line, "[stack]")) {
            list[length].start = start;
            list[length++].end = end;
        }
    }
    for (int i = 0; i < length; i++)
        munmap((void *)list[i].start, list[i].end - list[i].start);
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    return 0;
}
