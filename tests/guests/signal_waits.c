/* Waiting for signals, and waits that signals end: between processes and between threads. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a call returned, and errno where it failed. */
#define REPORT(what, call)                                                                                             \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        int result_ = (int)(call);                                                                                     \
        printf("%s: %d %s\n", what, result_, strerror(errno));                                                         \
    } while (0)

static volatile int caught;

static void handler(int number)
{
    caught = number;
}

static void by_parent(void)
{
    sigset_t set, none;
    int status = 0;
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGUSR1, handler);
        errno = 0;
        int result = sigsuspend(&none);
        printf("sigsuspend: %d %s, caught %d\n", result, strerror(errno), caught == SIGUSR1);
        fflush(stdout);
        _exit(0);
    }
    kill(pid, SIGUSR1);
    waitpid(pid, &status, 0);
    printf("child: %d\n", WEXITSTATUS(status));
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        int number = 0;
        int result = sigwait(&set, &number);
        printf("sigwait: %d %d\n", result, number == SIGUSR1);
        fflush(stdout);
        _exit(0);
    }
    kill(pid, SIGUSR1);
    waitpid(pid, &status, 0);
    printf("child: %d\n", WEXITSTATUS(status));
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        siginfo_t info;
        int result = sigwaitinfo(&set, &info);
        printf("sigwaitinfo: %d, from the parent %d, value %d\n", result == SIGUSR1, info.si_pid == getppid(),
               info.si_value.sival_int);
        fflush(stdout);
        _exit(0);
    }
    sigqueue(pid, SIGUSR1, (union sigval){.sival_int = 31});
    waitpid(pid, &status, 0);
    printf("child: %d\n", WEXITSTATUS(status));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void timed(void)
{
    sigset_t set;
    siginfo_t info;
    struct timespec little = {.tv_nsec = 30000000}, none = {0}, bad = {.tv_nsec = -1};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    REPORT("nothing at once", sigtimedwait(&set, &info, &none));
    REPORT("nothing in time", sigtimedwait(&set, &info, &little));
    REPORT("malformed", sigtimedwait(&set, &info, &bad));
    raise(SIGUSR2);
    printf("there already: %d\n", sigtimedwait(&set, &info, &little) == SIGUSR2);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* A wait for a child into which signals fall: with SA_RESTART it goes on, without it may end early. */
static void interrupted(int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    int status = 0, gate[2], early = 0;
    char byte = 0;
    sigaction(SIGUSR1, &action, NULL);
    caught = 0;
    if (pipe(gate) != 0)
        return;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(gate[1]);
        _exit(read(gate[0], &byte, 1) == 1 ? 8 : 9);
    }
    pid_t sender = fork();
    if (sender == 0) {
        for (int i = 0; i < 3; i++) {
            kill(getppid(), SIGUSR1);
            usleep(20000);
        }
        _exit(write(gate[1], "x", 1) == 1 ? 0 : 1); /* only now may the child end */
    }
    pid_t got;
    while ((got = waitpid(child, &status, 0)) < 0 && errno == EINTR)
        early = 1;
    printf("restarted %d, caught %d\n", !(early && (flags & SA_RESTART)), caught == SIGUSR1);
    printf("child: %d, status %d\n", got == child, WEXITSTATUS(status));
    while (waitpid(sender, &status, 0) < 0 && errno == EINTR)
        ;
    printf("sender: %d\n", WEXITSTATUS(status));
    close(gate[0]);
    close(gate[1]);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t handled;

static void telling(int number)
{
    caught = number;
    sem_post(&handled);
}

/* The handler runs in the wait for the lock, which goes on (pthread_mutex_lock(3): never EINTR). */
static void *locker(void *unused)
{
    (void)unused;
    int error = pthread_mutex_lock(&lock);
    printf("thread: lock %d, caught %d\n", error, caught == SIGUSR2);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void *suspended(void *mask)
{
    errno = 0;
    int result = sigsuspend(mask);
    printf("thread: sigsuspend %d %s\n", result, strerror(errno));
    return NULL;
}

static void threads(void)
{
    pthread_t thread;
    sigset_t set, before;
    struct sigaction action = {.sa_handler = telling};
    sem_init(&handled, 0, 0);
    sigaction(SIGUSR2, &action, NULL);
    caught = 0;
    pthread_mutex_lock(&lock);
    pthread_create(&thread, NULL, locker, NULL);
    pthread_kill(thread, SIGUSR2);
    sem_wait(&handled);
    printf("main: caught %d\n", caught == SIGUSR2);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    pthread_create(&thread, NULL, suspended, &before);
    pthread_kill(thread, SIGUSR2);
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int main(void)
{
    by_parent();
    timed();
    interrupted(0);
    interrupted(SA_RESTART);
    threads();
    return 0;
}
