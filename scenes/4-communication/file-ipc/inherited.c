/* The same with a descriptor that both have inherited: one lock for two. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static const char name[] = "letter.txt";

static void writer(int file)
{
    flock(file, LOCK_EX);
    write(file, "Dear reader, ", 13);
    write(file, "goodbye.\n", 9);
    flock(file, LOCK_UN);
}

static void reader(int file)
{
    char text[64];
    ssize_t length = 0;
    while (length == 0) {
        flock(file, LOCK_EX); /* the writer's lock is ours, too */
        length = pread(file, text, sizeof text, 0);
        flock(file, LOCK_UN);
        if (length == 0)
            usleep(10000); /* nothing yet: a file wakes nobody */
    }
    printf("reader: %.*s\n", (int)length, text);
}

int main(void)
{
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600); /* once */
    if (fork() == 0) {
        writer(file);
        return 0;
    }
    if (fork() == 0) {
        reader(file);
        return 0;
    }
    wait(NULL);
    wait(NULL);
    unlink(name);
    return 0;
}
