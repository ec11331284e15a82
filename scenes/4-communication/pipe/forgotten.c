/* The reader forgot to close its own write end: the end of file never comes. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int ends[2];
    char letter;
    if (pipe(ends) != 0)
        return 1;
    if (fork() == 0) {
        /* here close(ends[1]) is missing */
        while (read(ends[0], &letter, 1) > 0)
            printf("reader: %c\n", letter);
        printf("reader: end of file\n");
        return 0;
    }
    close(ends[0]);
    write(ends[1], "x", 1);
    close(ends[1]); /* not the last write end: the reader has one */
    wait(NULL);
    printf("writer: the reader has ended\n");
    return 0;
}
