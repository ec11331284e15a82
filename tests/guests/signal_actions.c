/* Actions and masks of signals: what is installed, what is answered, when a handler runs and with what. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a call returned, and errno where it failed. */
#define REPORT(what, call)                                                                                             \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        int result_ = (int)(call);                                                                                     \
        printf("%s: %d %s\n", what, result_, strerror(errno));                                                         \
    } while (0)

static int caught[65];
static sigjmp_buf back;

static void plain(int number)
{
    caught[number]++;
}

static void informed(int number, siginfo_t *info, void *context)
{
    (void)context;
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    caught[number]++;
    printf("  handler: signal %d, sender %d, code %s, value %d, itself blocked %d, usr2 blocked %d\n", number,
           info->si_pid == getpid(),
           info->si_code == SI_USER ? "user" : info->si_code == SI_QUEUE ? "queue" : info->si_code == SI_TKILL ? "tkill" : "other",
           info->si_code == SI_QUEUE ? info->si_value.sival_int : 0, sigismember(&mask, number), sigismember(&mask, SIGUSR2));
}

static void nested(int number)
{
    caught[number]++;
    printf("  outer in\n");
    raise(SIGUSR2);
    printf("  outer out, inner ran %d\n", caught[SIGUSR2]);
}

static void jumps(int number)
{
    caught[number]++;
    siglongjmp(back, number);
}

static void fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    printf("  fault %d at %p\n", number, info->si_addr);
    siglongjmp(back, 1);
}

static const char *name(void (*handler)(int))
{
    return handler == SIG_DFL ? "default" : handler == SIG_IGN ? "ignore" : handler == plain ? "plain" : handler == SIG_HOLD ? "hold" : "other";
}

static void answers(void)
{
    struct sigaction action = {.sa_handler = plain, .sa_flags = SA_RESTART}, old;
    sigaddset(&action.sa_mask, SIGTERM);
    printf("before: %d", sigaction(SIGUSR1, NULL, &old));
    printf(" %s\n", name(old.sa_handler));
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR1, NULL, &old);
    printf("after: %s, restart %d, siginfo %d, term in mask %d, hup in mask %d\n", name(old.sa_handler),
           (old.sa_flags & SA_RESTART) != 0, (old.sa_flags & SA_SIGINFO) != 0, sigismember(&old.sa_mask, SIGTERM),
           sigismember(&old.sa_mask, SIGHUP));
    printf("signal: %s", name(signal(SIGUSR1, SIG_IGN)));
    printf(" %s", name(signal(SIGUSR1, SIG_DFL)));
    printf(" %s\n", name(signal(SIGUSR1, plain)));
    REPORT("SIGKILL", sigaction(SIGKILL, &action, NULL));
    REPORT("signal 0", sigaction(0, &action, NULL));
    REPORT("signal 65", signal(65, plain) == SIG_ERR);
    printf("siginterrupt: %d", siginterrupt(SIGUSR1, 1));
    sigaction(SIGUSR1, NULL, &old);
    printf(" restart %d\n", (old.sa_flags & SA_RESTART) != 0);
    printf("sigset: %s", name(sigset(SIGUSR1, SIG_HOLD)));
    printf(" %s\n", name(sigset(SIGUSR1, SIG_DFL)));
}

static void delivery(void)
{
    struct sigaction action = {.sa_sigaction = informed, .sa_flags = SA_SIGINFO};
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    printf("raise: %d\n", raise(SIGUSR1));
    printf("kill: %d\n", kill(getpid(), SIGUSR1));
    printf("sigqueue: %d\n", sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 12}));
    printf("pthread_kill: %d\n", pthread_kill(pthread_self(), SIGUSR1));
    printf("caught: %d\n", caught[SIGUSR1]);
    action.sa_flags = SA_RESETHAND;
    action.sa_handler = plain;
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    struct sigaction old;
    sigaction(SIGUSR1, NULL, &old);
    printf("reset: %s, caught %d\n", name(old.sa_handler), caught[SIGUSR1]);
    signal(SIGUSR1, nested);
    signal(SIGUSR2, plain);
    raise(SIGUSR1);
    REPORT("kill nobody", kill(0x3FFFFFFF, 0));
    REPORT("kill with a bad signal", kill(getpid(), 99));
    printf("kill 0: %d\n", kill(getpid(), 0));
    printf("pthread_kill bad: %s\n", strerror(pthread_kill(pthread_self(), 99)));
}

static void masks(void)
{
    sigset_t set, old, pending;
    signal(SIGUSR1, plain);
    caught[SIGUSR1] = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&pending);
    printf("pending %d, caught %d\n", sigismember(&pending, SIGUSR1), caught[SIGUSR1]);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    sigpending(&pending);
    printf("pending %d, caught %d\n", sigismember(&pending, SIGUSR1), caught[SIGUSR1]);
    sigfillset(&set);
    sigprocmask(SIG_SETMASK, &set, NULL);
    sigprocmask(SIG_BLOCK, NULL, &set);
    printf("all blocked: int %d, kill %d\n", sigismember(&set, SIGINT), sigismember(&set, SIGKILL));
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = 0;
    printf("bad how: %d", sigprocmask(99, &set, NULL));
    printf(" %s\n", strerror(errno));
    sighold(SIGUSR1);
    raise(SIGUSR1);
    printf("held: %d\n", caught[SIGUSR1]);
    sigrelse(SIGUSR1);
    printf("released: %d\n", caught[SIGUSR1]);
}

static void jumping(void)
{
    signal(SIGUSR1, jumps);
    for (int i = 0; i < 3; i++)
        if (sigsetjmp(back, 1) == 0)
            raise(SIGUSR1);
        else
            printf("jumped out of the handler\n");
    struct sigaction action = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    for (int i = 0; i < 2; i++)
        if (sigsetjmp(back, 1) == 0)
            *(volatile int *)16 = 1;
    printf("goes on\n");
}

int main(void)
{
    answers();
    delivery();
    masks();
    jumping();
    return 0;
}
