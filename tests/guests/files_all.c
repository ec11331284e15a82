/* Descriptors: open in all its forms, dup, close of ranges, locks of files. Prints the same under every schedule. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];

static void say(const char *what, long result)
{
    char line[120];
    int length = snprintf(line, sizeof line, "%s %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
    write(1, line, length);
}

static void opens(void)
{
    int folder = open(".", O_RDONLY | O_DIRECTORY);
    say("folder", folder);
    int file = open(path, O_CREAT | O_EXCL | O_RDWR, 0640);
    say("open", file);
    say("again", open(path, O_CREAT | O_EXCL | O_RDWR, 0640));
    say("nowhere", open("/nonexistent/x", O_RDONLY));
    say("write", write(file, "hello, world", 12));
    char text[16] = "";
    say("pread", pread(file, text, 5, 7));
    say("pwrite", pwrite(file, "W", 1, 7));
    lseek(file, 0, SEEK_SET);
    say("read", read(file, text, 12));
    printf("%s\n", text);
    fflush(stdout);
    say("end", read(file, text, 12));
    say("openat", openat(folder, strrchr(path, '/') + 1, O_RDONLY));
    say("creat", creat(path, 0600));
    say("openat bad", openat(900, "x", O_RDONLY));
    say("tmpfile", open(".", O_TMPFILE | O_RDWR, 0600) >= 0);
    say("dup", dup(file));
    say("dup2", dup2(file, 40));
    say("dup2 same", dup2(file, file));
    say("dup2 bad", dup2(800, 40));
    say("dup3", dup3(file, 41, O_CLOEXEC));
    say("dup3 same", dup3(file, file, 0));
    say("cloexec", fcntl(41, F_GETFD));
    say("dupfd", fcntl(file, F_DUPFD, 50));
    say("dupfd", fcntl(file, F_DUPFD_CLOEXEC, 50));
    say("fcntl bad", fcntl(700, F_GETFL));
    say("close", close(40));
    say("close twice", close(40));
    say("range", close_range(41, 60, 0));
    say("gone", fcntl(50, F_GETFD));
    say("range bad", close_range(9, 8, 0));
    for (int i = 3; i < 30; i++)
        close(i);
}

static void locks(void)
{
    int file = open(path, O_RDWR | O_CREAT, 0600), other = open(path, O_RDWR);
    say("flock", flock(file, LOCK_EX));
    say("taken", flock(other, LOCK_EX | LOCK_NB));
    pid_t child = fork();
    if (child == 0) {
        int mine = open(path, O_RDWR);
        int error = flock(mine, LOCK_EX); /* waits */
        _exit(error ? 1 : 7);
    }
    sleep(1);
    say("unlock", flock(file, LOCK_UN));
    int status;
    waitpid(child, &status, 0);
    say("child", WEXITSTATUS(status));

    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    say("setlk", fcntl(file, F_SETLK, &lock));
    child = fork();
    if (child == 0) {
        struct flock mine = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 5};
        _exit(fcntl(file, F_SETLKW, &mine) == 0 ? 8 : 1);
    }
    sleep(1);
    lock.l_type = F_UNLCK;
    say("unlk", fcntl(file, F_SETLK, &lock));
    waitpid(child, &status, 0);
    say("child", WEXITSTATUS(status));
    say("lockf", lockf(file, F_LOCK, 0));
    say("lockf", lockf(file, F_TLOCK, 0));
    say("lockf", lockf(file, F_TEST, 0));
    say("lockf", lockf(file, F_ULOCK, 0));
    lock.l_type = F_WRLCK;
    lock.l_pid = 0;
    say("ofd", fcntl(file, F_OFD_SETLK, &lock));
    say("ofd taken", fcntl(other, F_OFD_SETLK, &lock));
    child = fork();
    if (child == 0) {
        close(file);
        _exit(fcntl(other, F_OFD_SETLKW, &lock) == 0 ? 9 : 1); /* until the parent closes the last one */
    }
    sleep(1);
    close(file);
    say("closed", fcntl(file, F_OFD_SETLK, &lock));
    waitpid(child, &status, 0);
    say("child", WEXITSTATUS(status));
    close(other);
}

static int counter;

static void *add(void *argument)
{
    uint64_t one = 5;
    write(counter, &one, sizeof one);
    return NULL;
}

static void events(void)
{
    pthread_t thread;
    uint64_t value = 0;
    counter = eventfd(0, 0);
    pthread_create(&thread, NULL, add, NULL);
    say("eventfd", read(counter, &value, sizeof value));
    say("value", (long)value);
    pthread_join(thread, NULL);
    close(counter);
}

/* Nothing of ours can be hit. */
static void hostile(void)
{
    for (int i = 3; i < 2000; i++)
        close(i);
    int file = open("/dev/null", O_RDWR);
    say("lowest", file);
    for (int i = 10; i < 1100; i++)
        if (dup2(file, i) != i && errno != EBADF)
            say("dup2", i);
    closefrom(3);
    say("lowest", open("/dev/null", O_RDWR));
    close_range(3, ~0u, 0);
    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    say("lowest", open("/dev/null", O_RDWR));
    say("null", write(3, "x", 1));
    char byte;
    say("null", read(3, &byte, 1));
}

static void mapped(void)
{
    pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(mutex, &attributes);
    int *count = (int *)(mutex + 1);
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            for (int j = 0; j < 3; j++) {
                pthread_mutex_lock(mutex);
                ++*count;
                pthread_mutex_unlock(mutex);
            }
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    say("shared", *count);
    say("unmap", munmap(mutex, 4096));
    say("bad", mmap(NULL, 0, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}

int main(void)
{
    snprintf(path, sizeof path, "./files_all.%d", (int)getpid()); /* in a folder of this run alone */
    opens();
    locks();
    events();
    mapped();
    unlink(path);
    hostile();
    errno = 77;
    close(dup(1));
    say("errno", errno);
    return 3;
}
