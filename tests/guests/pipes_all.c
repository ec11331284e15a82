/* Pipes: every form of reading and writing, full and empty ones, ends that close, FIFOs, signals in between. What is
 * printed does not depend on the schedule. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int ends[2];

static void say(const char *what, long result)
{
    char line[120];
    int length = snprintf(line, sizeof line, "%s %ld %s\n", what, result, result < 0 ? strerror(errno) : "");
    write(1, line, length);
}

/* More than fits: the writer has to wait, several times. */
static void *produce(void *argument)
{
    static char block[100000];
    memset(block, 'x', sizeof block);
    long written = write(ends[1], block, sizeof block);
    if (written != sizeof block)
        say("short write", written);
    for (int i = 0; i < 20; i++)
        write(ends[1], block, 10000);
    close(ends[1]);
    return NULL;
}

static void big(void)
{
    pthread_t writer;
    static char buffer[3333];
    long sum = 0, got;
    pipe(ends);
    pthread_create(&writer, NULL, produce, NULL);
    while ((got = read(ends[0], buffer, sizeof buffer)) > 0)
        sum += got;
    say("big", sum);
    pthread_join(writer, NULL);
    close(ends[0]);
}

/* Byte by byte until not one more fits; natively no byte of it waits. */
static void brim(void)
{
    int two[2], filled = 0;
    pipe(two);
    int size = fcntl(two[1], F_GETPIPE_SZ);
    for (int i = 0; i < size; i++)
        if (write(two[1], "a", 1) != 1)
            say("brim", i);
    ioctl(two[0], FIONREAD, &filled);
    say("filled", filled == size);
    fcntl(two[1], F_SETFL, O_NONBLOCK);
    say("one more", write(two[1], "b", 1));
    char *all = malloc(size);
    say("all", read(two[0], all, size) == size);
    say("pipe size", fcntl(two[1], F_SETPIPE_SZ, 4096));
    char page[5000];
    memset(page, 'p', sizeof page);
    say("part", write(two[1], page, sizeof page));
    say("atomic", write(two[1], page, 10));
    free(all);
    close(two[0]);
    close(two[1]);
}

static void vectors(void)
{
    int two[2];
    char a[3] = "", b[5] = "";
    struct iovec out[3] = {{"ab", 2}, {"", 0}, {"cdefg", 5}}, in[2] = {{a, 2}, {b, 4}};
    pipe2(two, O_CLOEXEC);
    say("cloexec", fcntl(two[0], F_GETFD));
    say("writev", writev(two[1], out, 3));
    say("readv", readv(two[0], in, 2));
    printf("%s %s\n", a, b);
    fflush(stdout);
    say("pread", pread(two[0], a, 1, 0));
    say("pwrite", pwrite(two[1], a, 1, 0));
    say("nothing", read(two[0], a, 0));
    say("wrong end", read(two[1], a, 1));
    say("wrong end", write(two[0], a, 1));
    say("bad", read(900, a, 1));
    say("bad", write(-1, a, 1));
    say("vector", writev(two[1], out, -1));
    close(two[1]);
    say("rest", read(two[0], a, 3));
    say("end", read(two[0], a, 3));
    close(two[0]);
}

static void broken(void)
{
    int two[2];
    pipe(two);
    close(two[0]);
    signal(SIGPIPE, SIG_IGN);
    say("broken", write(two[1], "x", 1));
    signal(SIGPIPE, SIG_DFL);
    close(two[1]);
    pid_t child = fork();
    if (child == 0) {
        pipe(two);
        close(two[0]);
        write(two[1], "x", 1);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    say("killed by", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
}

/* Lines of several writers stay whole up to PIPE_BUF. */
static void children(void)
{
    int two[2];
    long sum = 0;
    pipe(two);
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            char line[64];
            close(two[0]);
            for (int j = 0; j < 5; j++) {
                memset(line, 'a' + i, sizeof line);
                write(two[1], line, sizeof line);
            }
            _exit(0);
        }
    close(two[1]);
    char line[64];
    long got;
    while ((got = read(two[0], line, sizeof line)) > 0) {
        for (int i = 1; i < 64; i++)
            if (line[i] != line[0])
                say("torn", i);
        sum += got;
    }
    say("children", sum);
    while (wait(NULL) > 0)
        ;
    close(two[0]);
}

static void fifo(void)
{
    char path[64];
    snprintf(path, sizeof path, "pipes_all.%d", (int)getpid()); /* in a folder of this run alone */
    unlink(path);
    say("mkfifo", mkfifo(path, 0600));
    int early = open(path, O_WRONLY | O_NONBLOCK);
    say("no reader", early);
    pid_t child = fork();
    if (child == 0) {
        int out = open(path, O_WRONLY);
        write(out, "through", 7);
        close(out);
        _exit(out < 0);
    }
    char text[16] = "";
    int in = open(path, O_RDONLY), length = 0, got;
    say("blocking", (fcntl(in, F_GETFL) & O_NONBLOCK) == 0);
    while ((got = read(in, text + length, 7)) > 0)
        length += got;
    printf("fifo %s\n", text);
    fflush(stdout);
    close(in);
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0) {
        in = open(path, O_RDONLY);
        length = read(in, text, 3);
        _exit(length);
    }
    int out = open(path, O_WRONLY);
    write(out, "abc", 3);
    close(out);
    int status;
    waitpid(child, &status, 0);
    say("other way", WEXITSTATUS(status));
    unlink(path);
}

static void handler(int number)
{
    (void)number;
}

static void interrupted(void)
{
    int two[2];
    char byte;
    pipe(two);
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGALRM, &action, NULL);
    alarm(1);
    say("interrupted", read(two[0], &byte, 1));
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    pid_t child = fork();
    if (child == 0) {
        sleep(3);
        write(two[1], "y", 1);
        _exit(0);
    }
    alarm(1);
    say("restarted", read(two[0], &byte, 1));
    waitpid(child, NULL, 0);
    close(two[0]);
    close(two[1]);
}

static void *forever(void *argument)
{
    char byte;
    read(ends[0], &byte, 1);
    return NULL;
}

static void cancelled(void)
{
    pthread_t thread;
    void *value;
    pipe(ends);
    pthread_create(&thread, NULL, forever, NULL);
    pthread_cancel(thread);
    pthread_join(thread, &value);
    say("cancelled", value == PTHREAD_CANCELED);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    big();
    brim();
    vectors();
    broken();
    children();
    fifo();
    interrupted();
    cancelled();
    errno = 77;
    pipe(ends);
    write(ends[1], "z", 1);
    char byte;
    read(ends[0], &byte, 1);
    close(ends[0]);
    say("errno", errno);
    return 0;
}
