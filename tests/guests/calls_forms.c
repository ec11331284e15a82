/* The other names of system calls: for large files, of checked compilation, old ones of signals, and rare ones. */
#include "tell.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);
ssize_t __read_chk(int, void *, size_t, size_t);
ssize_t __pread_chk(int, void *, size_t, off_t, size_t);
ssize_t __pread64_chk(int, void *, size_t, off64_t, size_t);
ssize_t __recv_chk(int, void *, size_t, size_t, int);
ssize_t __recvfrom_chk(int, void *, size_t, size_t, int, struct sockaddr *, socklen_t *);
int __poll_chk(struct pollfd *, nfds_t, int, size_t);
int __ppoll_chk(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *, size_t);
int __sigpause(int, int);
int __xpg_sigpause(int);
sighandler_t bsd_signal(int, sighandler_t);
sighandler_t __sysv_signal(int, sighandler_t);

static volatile int handled;

static void handler(int number)
{
    handled++;
}

static void files(void)
{
    char bytes[16] = {0};
    int file = memfd_create("file", 0);
    TELL_ERRNO(pwrite64(file, "abcdef", 6, 0));
    TELL_ERRNO(pread64(file, bytes, 3, 1));
    TELL_ERRNO(__pread_chk(file, bytes, 3, 2, sizeof bytes));
    TELL_ERRNO(__pread64_chk(file, bytes, 3, 3, sizeof bytes));
    TELL_ERRNO(__read_chk(file, bytes, 4, sizeof bytes));
    printf("%.6s\n", bytes);
    TELL_ERRNO(fcntl64(file, F_GETFD));
    TELL_ERRNO(lockf64(file, F_TEST, 0));
    int opened[] = {open64("/dev/null", O_RDWR), openat64(AT_FDCWD, "/dev/null", O_RDWR), creat64("/dev/null", 0600),
                    __open_2("/dev/null", O_RDONLY), __open64_2("/dev/null", O_RDONLY),
                    __openat_2(AT_FDCWD, "/dev/null", O_RDONLY), __openat64_2(AT_FDCWD, "/dev/null", O_RDONLY)};
    for (unsigned i = 0; i < sizeof opened / sizeof *opened; i++)
        printf("%d ", opened[i] - opened[0]);
    printf("\n");
    for (unsigned i = 0; i < sizeof opened / sizeof *opened; i++)
        close(opened[i]);
    char *mapped = mmap64(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    printf("mapped: %.6s\n", mapped);
    mapped = mremap(mapped, 4096, 8192, MREMAP_MAYMOVE);
    printf("moved: %.6s\n", mapped);
    TELL_ERRNO(munmap(mapped, 8192));
    close(file);
    int segment = shmget(IPC_PRIVATE, 4096, 0600);
    int *shared = shmat(segment, NULL, 0);
    shmctl(segment, IPC_RMID, NULL);
    *shared = 5;
    printf("shared %d\n", *shared);
    TELL_ERRNO(shmdt(shared));
    TELL_ERRNO(shmdt(&segment));
    TELL_ERRNO((long)shmat(-1, NULL, 0));
}

static void sockets(void)
{
    char bytes[16];
    int pair[2];
    TELL_ERRNO(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    struct pollfd entry = {.fd = pair[0], .events = POLLIN};
    struct timespec moment = {0};
    TELL_ERRNO(__poll_chk(&entry, 1, 0, sizeof entry));
    TELL_ERRNO(write(pair[1], "words", 5));
    TELL_ERRNO(__poll_chk(&entry, 1, -1, sizeof entry));
    TELL_ERRNO(__ppoll_chk(&entry, 1, &moment, NULL, sizeof entry));
    TELL_ERRNO(__recv_chk(pair[0], bytes, 3, sizeof bytes, 0));
    TELL_ERRNO(__recvfrom_chk(pair[0], bytes, 3, sizeof bytes, 0, NULL, NULL));
    close(pair[0]);
    close(pair[1]);
}

static void signals(void)
{
    sigset_t set;
    printf("old: %d\n", bsd_signal(SIGUSR1, handler) == SIG_DFL);
    raise(SIGUSR1);
    printf("old: %d, handled %d\n", ssignal(SIGUSR1, handler) == handler, handled);
    raise(SIGUSR1);
    printf("old: %d\n", sysv_signal(SIGUSR1, handler) == handler);
    raise(SIGUSR1); /* once: the action is the default again */
    printf("old: %d, handled %d\n", __sysv_signal(SIGUSR1, handler) == SIG_DFL, handled);
    signal(SIGUSR1, handler);
    TELL_ERRNO(sigignore(SIGUSR2));
    raise(SIGUSR2);
    printf("mask %d\n", sigblock(sigmask(SIGUSR1)));
    raise(SIGUSR1);
    printf("held back: handled %d\n", handled);
    TELL_ERRNO(__xpg_sigpause(SIGUSR1));
    raise(SIGUSR1);
    TELL_ERRNO(__sigpause(SIGUSR1, 1));
    raise(SIGUSR1);
    TELL_ERRNO(__sigpause(0, 0));
    printf("handled %d, mask %d\n", handled, sigsetmask(0) == sigmask(SIGUSR1));
    TELL_ERRNO(killpg(getpgrp(), SIGUSR1));
    TELL_ERRNO(tgkill(getpid(), gettid(), SIGUSR1));
    TELL(pthread_sigqueue(pthread_self(), SIGUSR1, (union sigval){.sival_int = 3}));
    printf("handled %d\n", handled);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int file = signalfd(-1, &set, 0);
    struct signalfd_siginfo info;
    raise(SIGUSR1);
    TELL_ERRNO(read(file, &info, sizeof info) == sizeof info);
    printf("signal %u\n", info.ssi_signo == SIGUSR1);
    close(file);
    signal(SIGALRM, handler);
    ualarm(20000, 0);
    TELL_ERRNO(pause());
    printf("handled %d\n", handled);
}

int main(void)
{
    cpu_set_t cpus;
    struct timeval bad = {.tv_usec = 5000000}, delta;
    struct timezone zone = {0};
    setpgid(0, 0); /* killpg() below is for ourselves alone */
    files();
    sockets();
    signals();
    TELL(pthread_getaffinity_np(pthread_self(), sizeof cpus, &cpus));
    TELL(pthread_setaffinity_np(pthread_self(), sizeof cpus, &cpus));
    TELL(pthread_setschedprio(pthread_self(), 0));
    printf("settimeofday: %d\n", settimeofday(&bad, &zone)); /* refused: the clock of the machine is not for tests */
    TELL_ERRNO(adjtime(NULL, &delta));
    return 0;
}
