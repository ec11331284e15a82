/* A writer and a reader meet in a file; a lock keeps them apart. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static const char name[] = "letter.txt";

static void writer(void)
{
    int file = open(name, O_WRONLY);
    flock(file, LOCK_EX);
    write(file, "Dear reader, ", 13);
    write(file, "goodbye.\n", 9);
    flock(file, LOCK_UN);
}

static void reader(void)
{
    char text[64];
    ssize_t length = 0;
    int file = open(name, O_RDONLY); /* its own: with a lock of its own */
    while (length == 0) {
        flock(file, LOCK_EX);
        length = pread(file, text, sizeof text, 0);
        flock(file, LOCK_UN);
        if (length == 0)
            usleep(10000); /* nothing yet: a file wakes nobody */
    }
    printf("reader: %.*s", (int)length, text);
}

int main(void)
{
    close(open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600)); /* empty */
    if (fork() == 0) {
        writer();
        return 0;
    }
    if (fork() == 0) {
        reader();
        return 0;
    }
    wait(NULL);
    wait(NULL);
    unlink(name);
    return 0;
}
