/* Threads are cancelled where they wait in the system: reading, sleeping, polling, waiting for signals and children. */
#include "tell.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static sem_t inside, plenty;
static pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER;
static int null, cleaned, pipe_ends[2], sockets[2], full[2];
static pid_t child;
static sigset_t usr1;

static void clean(void *unused)
{
    cleaned++;
}

#define WAITS(name, call)                                                                                              \
    static void *name(void *unused)                                                                                    \
    {                                                                                                                  \
        char bytes[64];                                                                                                \
        int number;                                                                                                    \
        struct pollfd entry = {.fd = pipe_ends[0], .events = POLLIN};                                                  \
        struct timespec day = {.tv_sec = 86400};                                                                       \
        fd_set set;                                                                                                    \
        FD_ZERO(&set);                                                                                                 \
        FD_SET(pipe_ends[0], &set);                                                                                    \
        pthread_cleanup_push(clean, NULL);                                                                             \
        sem_post(&inside);                                                                                             \
        for (;;)                                                                                                       \
            call;                                                                                                      \
        pthread_cleanup_pop(0);                                                                                        \
        return unused;                                                                                                 \
    }

WAITS(in_read, read(pipe_ends[0], bytes, 1))
WAITS(in_write, write(full[1], bytes, sizeof bytes))
WAITS(in_recv, recv(sockets[0], bytes, sizeof bytes, 0))
WAITS(in_poll, poll(&entry, 1, -1))
WAITS(in_ppoll, ppoll(&entry, 1, &day, NULL))
WAITS(in_select, select(pipe_ends[0] + 1, &set, NULL, NULL, NULL))
WAITS(in_nanosleep, nanosleep(&day, NULL))
WAITS(in_clock_nanosleep, clock_nanosleep(CLOCK_MONOTONIC, 0, &day, NULL))
WAITS(in_sleep, sleep(86400))
WAITS(in_usleep, usleep(900000))
WAITS(in_pause, pause())
WAITS(in_sigwait, sigwait(&usr1, &number))
WAITS(in_sigtimedwait, sigtimedwait(&usr1, NULL, &day))
WAITS(in_sigsuspend, sigsuspend(&usr1))
WAITS(in_waitpid, waitpid(child, &number, 0))

/* Points where nobody waits: the request is there before (a mutex is no cancellation point), and still they end it. */
#define MEETS(name, call)                                                                                              \
    static void *name(void *unused)                                                                                    \
    {                                                                                                                  \
        char bytes[64] = {0};                                                                                          \
        pthread_cleanup_push(clean, NULL);                                                                             \
        sem_post(&inside);                                                                                             \
        pthread_mutex_lock(&hold);                                                                                     \
        pthread_mutex_unlock(&hold);                                                                                   \
        call;                                                                                                          \
        pthread_cleanup_pop(0);                                                                                        \
        return bytes;                                                                                                  \
    }

MEETS(at_open, open("/dev/null", O_RDONLY))
MEETS(at_openat, openat(AT_FDCWD, "/dev/null", O_RDONLY))
MEETS(at_close, close(-1))
MEETS(at_write, write(null, bytes, sizeof bytes))
MEETS(at_read, read(null, bytes, sizeof bytes))
MEETS(at_pread, pread(null, bytes, sizeof bytes, 0))
MEETS(at_fsync, fsync(null))
MEETS(at_poll, poll(NULL, 0, 0))
MEETS(at_nanosleep, nanosleep(&(struct timespec){0}, NULL))
MEETS(at_waitpid, waitpid(-1, NULL, WNOHANG))
MEETS(at_sem_wait, sem_wait(&plenty))
MEETS(at_testcancel, pthread_testcancel())

static void cancel(const char *what, void *(*routine)(void *))
{
    pthread_t thread;
    void *value = NULL;
    cleaned = 0;
    pthread_mutex_lock(&hold);
    pthread_create(&thread, NULL, routine, NULL);
    sem_wait(&inside);
    int cancelled = pthread_cancel(thread);
    pthread_mutex_unlock(&hold);
    int joined = pthread_join(thread, &value);
    printf("%s: %d %d %s, cleaned %d\n", what, cancelled, joined, value == PTHREAD_CANCELED ? "cancelled" : "not", cleaned);
}

int main(void)
{
    char bytes[4096] = {0};
    sem_init(&inside, 0, 0);
    sem_init(&plenty, 0, 9);
    null = open("/dev/null", O_RDWR);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    if (pipe(pipe_ends) != 0 || pipe2(full, O_NONBLOCK) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0)
        return 1;
    while (write(full[1], bytes, sizeof bytes) > 0)
        ;
    fcntl(full[1], F_SETFL, 0);
    child = fork();
    if (child == 0) {
        close(pipe_ends[1]);
        _exit((int)read(pipe_ends[0], bytes, 1)); /* until the parent closes its end */
    }
    cancel("read", in_read);
    cancel("write", in_write);
    cancel("recv", in_recv);
    cancel("poll", in_poll);
    cancel("ppoll", in_ppoll);
    cancel("select", in_select);
    cancel("nanosleep", in_nanosleep);
    cancel("clock_nanosleep", in_clock_nanosleep);
    cancel("sleep", in_sleep);
    cancel("usleep", in_usleep);
    cancel("pause", in_pause);
    cancel("sigwait", in_sigwait);
    cancel("sigtimedwait", in_sigtimedwait);
    cancel("sigsuspend", in_sigsuspend);
    cancel("waitpid", in_waitpid);
    cancel("at open", at_open);
    cancel("at openat", at_openat);
    cancel("at close", at_close);
    cancel("at write", at_write);
    cancel("at read", at_read);
    cancel("at pread", at_pread);
    cancel("at fsync", at_fsync);
    cancel("at poll", at_poll);
    cancel("at nanosleep", at_nanosleep);
    cancel("at waitpid", at_waitpid);
    cancel("at sem_wait", at_sem_wait);
    cancel("at testcancel", at_testcancel);
    close(pipe_ends[1]);
    int status;
    TELL_ERRNO(waitpid(child, &status, 0) == child);
    printf("child: %d\n", WEXITSTATUS(status));
    return 0;
}
