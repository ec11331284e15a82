/* Where things live: a function, a global, a malloc'd block, a local. The
 * system tells in /proc/self/maps which stretches of memory there are. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int global = 1;

static char maps[65536];

static int read_maps(void)
{
    size_t length = 0;
    ssize_t got = 0;
    int file = open("/proc/self/maps", O_RDONLY);
    if (file < 0)
        return 0;
    while ((got = read(file, maps + length, sizeof maps - 1 - length)) > 0)
        length += (size_t)got;
    close(file);
    return got == 0;
}

/* Prints the stretch that the address lies in: its rights and its name. */
static void show(const char *what, void *address)
{
    unsigned long low, high, at = (unsigned long)address;
    for (char *line = maps; line && *line; line = strchr(line, '\n') + 1) {
        char rights[5], name[4096] = "";
        sscanf(line, "%lx-%lx %4s %*s %*s %*s %4095[^\n]", &low, &high, rights,
               name);
        char *slash = strrchr(name, '/');
        if (low <= at && at < high)
            printf("%-8s %p is in %s %s\n", what, address, rights,
                   slash ? slash + 1 : name);
    }
}

int main(void)
{
    int local = 2;
    int *block = malloc(sizeof *block);
    if (!block || !read_maps())
        return 1;
    show("function", (void *)main);
    show("global", &global);
    show("block", block);
    show("local", &local);
    free(block);
    return 0;
}
