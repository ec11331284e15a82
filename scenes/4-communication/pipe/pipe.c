/* A pipe that can be full, empty, and at its end. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCK = 4096 };

static char block[BLOCK];

static void reader(int from)
{
    int blocks = 0;
    usleep(50000); /* a slow reader: the pipe fills up meanwhile */
    while (read(from, block, BLOCK) > 0)
        blocks++;
    printf("reader: end of file after %d blocks\n", blocks);
}

int main(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        return 1;
    fcntl(ends[1], F_SETPIPE_SZ, 4 * BLOCK); /* room for four blocks */
    if (fork() == 0) {
        close(ends[1]); /* the reader does not write */
        reader(ends[0]);
        return 0;
    }
    close(ends[0]); /* the writer does not read */
    for (int i = 0; i < 6; i++)
        write(ends[1], block, BLOCK);
    close(ends[1]); /* the last writer has gone: end of file */
    wait(NULL);
    printf("writer: the reader has ended\n");
    return 0;
}
