/* Clocks, sleeps and timers: orders and relations that hold in any time, virtual or not. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

/* What a call returned, and errno where it failed. */
#define REPORT(what, call)                                                                                             \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        int result_ = (int)(call);                                                                                     \
        printf("%s: %d %s\n", what, result_, strerror(errno));                                                         \
    } while (0)

static volatile int alarms;

static void on_alarm(int number)
{
    (void)number;
    alarms++;
}

static int64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void clocks(void)
{
    struct timespec time_now;
    struct timeval day;
    int64_t first = now(CLOCK_MONOTONIC);
    int64_t second = now(CLOCK_MONOTONIC);
    printf("forward: %d\n", second >= first);
    time_t seconds = time(NULL);
    gettimeofday(&day, NULL);
    timespec_get(&time_now, TIME_UTC);
    printf("agree: %d %d\n", day.tv_sec - seconds <= 1, time_now.tv_sec - seconds <= 1);
    printf("since 2020: %d\n", seconds > 1577836800);
    REPORT("bad clock", clock_gettime(99, &time_now));
    printf("resolution: %d\n", clock_getres(CLOCK_MONOTONIC, &time_now));
    printf("processor: %d %d\n", clock() >= 0, now(CLOCK_PROCESS_CPUTIME_ID) >= 0);
    struct tms used;
    printf("times: %d\n", times(&used) != (clock_t)-1);
    errno = 0;
    time_now = (struct timespec){.tv_nsec = -5};
    REPORT("set, malformed", clock_settime(CLOCK_REALTIME, &time_now));
}

static void sleeps(void)
{
    struct timespec little = {.tv_nsec = 20000000}, bad = {.tv_nsec = 1000000000}, left = {0}, none = {0};
    int64_t before = now(CLOCK_MONOTONIC);
    printf("nanosleep: %d", nanosleep(&little, NULL));
    printf(" long enough %d\n", now(CLOCK_MONOTONIC) - before >= 20000000);
    printf("zero: %d\n", nanosleep(&none, &left));
    REPORT("malformed", nanosleep(&bad, NULL));
    printf("clock_nanosleep malformed: %s\n", strerror(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, NULL)));
    before = now(CLOCK_MONOTONIC) + 30000000;
    struct timespec until = {.tv_sec = before / 1000000000, .tv_nsec = before % 1000000000};
    printf("until: %d", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    printf(" late enough %d\n", now(CLOCK_MONOTONIC) >= before);
    printf("past: %d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &none, NULL));
    printf("sleep: %u, usleep: %d, thrd_sleep: %d\n", sleep(0), usleep(1000), thrd_sleep(&little, NULL));
}

static void alarmed(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    struct timespec longer = {.tv_sec = 5}, left = {0};
    sigaction(SIGALRM, &action, NULL);
    printf("alarm: %u", alarm(10));
    unsigned int before = alarm(1);
    printf(" %d\n", before == 9 || before == 10);
    errno = 0;
    printf("nanosleep: %d", nanosleep(&longer, &left));
    printf(" %s, left %d, alarms %d\n", strerror(errno), left.tv_sec >= 2 && left.tv_sec < 5, alarms);
    printf("none: %u\n", alarm(0));
    struct itimerval every = {.it_interval = {.tv_usec = 20000}, .it_value = {.tv_usec = 20000}}, old;
    alarms = 0;
    setitimer(ITIMER_REAL, &every, NULL);
    while (alarms < 3)
        pause();
    getitimer(ITIMER_REAL, &old);
    printf("interval: %ld, value at most that %d\n", (long)old.it_interval.tv_usec, old.it_value.tv_usec <= 20000);
    memset(&every, 0, sizeof every);
    setitimer(ITIMER_REAL, &every, &old);
    printf("cleared: %ld\n", (long)old.it_interval.tv_usec);
    errno = 0;
    every.it_value.tv_usec = 1000000;
    REPORT("malformed", setitimer(ITIMER_REAL, &every, NULL));
}

static volatile int value;

static void on_timer(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    value = info->si_code == SI_TIMER ? info->si_value.sival_int : -1;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static int called;

static void in_thread(union sigval given)
{
    pthread_mutex_lock(&lock);
    called += given.sival_int;
    pthread_cond_signal(&done);
    pthread_mutex_unlock(&lock);
}

static void timers(void)
{
    timer_t timer;
    struct sigaction action = {.sa_sigaction = on_timer, .sa_flags = SA_SIGINFO};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 5}};
    struct itimerspec once = {.it_value = {.tv_nsec = 20000000}}, left;
    sigset_t set;
    sigaction(SIGUSR1, &action, NULL);
    printf("timer_create: %d\n", timer_create(CLOCK_MONOTONIC, &event, &timer));
    timer_settime(timer, 0, &once, NULL);
    while (!value)
        pause();
    timer_gettime(timer, &left);
    printf("value %d, over %d, overrun %d\n", value, left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0,
           timer_getoverrun(timer));
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    timer_settime(timer, 0, &once, NULL);
    siginfo_t info;
    printf("sigwaitinfo: %d", sigwaitinfo(&set, &info) == SIGUSR1);
    printf(" %d %d\n", info.si_code == SI_TIMER, info.si_value.sival_int);
    printf("timer_delete: %d\n", timer_delete(timer));
    REPORT("bad clock", timer_create(99, &event, &timer));
    struct sigevent thread = {.sigev_notify = SIGEV_THREAD, .sigev_value = {.sival_int = 7}};
    thread.sigev_notify_function = in_thread;
    timer_create(CLOCK_REALTIME, &thread, &timer);
    timer_settime(timer, 0, &once, NULL);
    pthread_mutex_lock(&lock);
    while (!called)
        pthread_cond_wait(&done, &lock);
    pthread_mutex_unlock(&lock);
    printf("called: %d\n", called);
    timer_delete(timer);
}

static void descriptors(void)
{
    uint64_t count = 0;
    struct itimerspec once = {.it_value = {.tv_nsec = 20000000}}, left;
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    errno = 0;
    printf("not yet: %zd", read(timer, &count, sizeof count));
    printf(" %s\n", strerror(errno));
    timerfd_settime(timer, 0, &once, NULL);
    timerfd_gettime(timer, &left);
    printf("left: %d\n", left.it_value.tv_nsec <= 20000000 && left.it_value.tv_nsec > 0);
    struct pollfd look = {.fd = timer, .events = POLLIN};
    printf("poll: %d", poll(&look, 1, 5000));
    printf(" %d\n", look.revents == POLLIN);
    printf("read: %zd", read(timer, &count, sizeof count));
    printf(" %d\n", (int)count);
    REPORT("bad clock", timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
    errno = 0;
    once.it_value.tv_nsec = -1;
    REPORT("malformed", timerfd_settime(timer, 0, &once, NULL));
    close(timer);
}

int main(void)
{
    clocks();
    sleeps();
    alarmed();
    timers();
    descriptors();
    return 0;
}
