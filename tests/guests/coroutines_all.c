/* Coroutines: generators, successors, arguments, a loop by getcontext and setcontext, locks and sleeps inside of one, the
 * signal mask that a context brings along, errno, resumption by another thread, a process that ends with its coroutine. */
#include "tell.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK (64 * 1024)

static ucontext_t caller, one, two, wanderer, home;
static char stacks[3][STACK];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t handled;
static __thread int own = 1;

static void make(ucontext_t *context, int stack, ucontext_t *successor, void (*routine)(void))
{
    TELL_ERRNO(getcontext(context));
    context->uc_stack.ss_sp = stacks[stack];
    context->uc_stack.ss_size = STACK;
    context->uc_link = successor;
    makecontext(context, routine, 0);
}

/* ---- two that take turns, and end in different ways ---- */
static void first(void)
{
    int local = 10;
    for (int i = 0; i < 3; i++) {
        printf("one: %d\n", local += i);
        TELL_ERRNO(swapcontext(&one, &two));
    }
    printf("one returns\n");
}

static void second(void)
{
    int local = 20;
    for (int i = 0; i < 2; i++) {
        printf("two: %d\n", local += i);
        pthread_mutex_lock(&lock);
        usleep(1000);
        pthread_mutex_unlock(&lock);
        TELL_ERRNO(swapcontext(&two, &one));
    }
    printf("two goes straight to one\n");
    setcontext(&one);
}

static void take_turns(void)
{
    make(&one, 0, &caller, first);
    make(&two, 1, NULL, second);
    TELL_ERRNO(swapcontext(&caller, &one));
    printf("back in the caller\n");
}

/* ---- arguments ---- */
static void adds(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j)
{
    printf("%d %d %d %d %d %d %d %d %d %d\n", a, b, c, d, e, f, g, h, i, j);
}

static void through_halves(unsigned low, unsigned high)
{
    const char *text = (const char *)((uintptr_t)low | (uintptr_t)high << 16 << 16);
    printf("%s\n", text);
}

static void with_arguments(void)
{
    static const char text[] = "a pointer in two halves";
    uintptr_t address = (uintptr_t)text;
    make(&one, 0, &caller, NULL);
    makecontext(&one, (void (*)(void))adds, 10, 1, -2, 3, -4, 5, -6, 7, -8, 9, -10);
    swapcontext(&caller, &one);
    make(&one, 0, &caller, NULL);
    makecontext(&one, (void (*)(void))through_halves, 2, (unsigned)address, (unsigned)(address >> 16 >> 16));
    swapcontext(&caller, &one);
}

/* ---- there and back again without a coroutine ---- */
static void loop_by_context(void)
{
    volatile int rounds = 0;
    getcontext(&home);
    printf("round %d\n", ++rounds);
    if (rounds < 3)
        setcontext(&home);
}

/* ---- signals ---- */
static void handler(int number)
{
    handled = handled + number;
}

static void masked(void)
{
    kill(getpid(), SIGUSR1);
    printf("in the coroutine: %d handled\n", handled != 0);
    swapcontext(&one, &caller);
    printf("again: %d handled\n", handled != 0);
}

static void mask_travels(void)
{
    signal(SIGUSR1, handler);
    make(&one, 0, &caller, NULL);
    sigaddset(&one.uc_sigmask, SIGUSR1);
    makecontext(&one, masked, 0);
    swapcontext(&caller, &one);
    printf("outside: %d handled\n", handled != 0);
    swapcontext(&caller, &one);
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    printf("blocked now: %d\n", sigismember(&now, SIGUSR1));
}

/* ---- a coroutine that two threads run in turn ---- */
static void wander(void)
{
    for (int i = 0; i < 4; i++) {
        pthread_mutex_lock(&lock);
        printf("wanderer: %d\n", i);
        pthread_mutex_unlock(&lock);
        swapcontext(&wanderer, &home);
    }
}

static sem_t turn;

static void *resumes(void *argument)
{
    own = 2;
    sem_wait(&turn);
    swapcontext(&home, &wanderer);
    printf("thread %d\n", own);
    swapcontext(&home, &wanderer);
    printf("thread %d\n", own);
    return argument;
}

static void by_two_threads(void)
{
    pthread_t thread;
    make(&wanderer, 2, NULL, wander);
    sem_init(&turn, 0, 0);
    pthread_create(&thread, NULL, resumes, NULL);
    swapcontext(&home, &wanderer);
    printf("thread %d\n", own);
    sem_post(&turn);
    pthread_join(thread, NULL);
    swapcontext(&home, &wanderer);
    printf("thread %d\n", own);
}

/* ---- the end of all ---- */
static void says_bye(void)
{
    printf("the child ends with its coroutine\n");
}

static void child_ends(void)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        make(&two, 1, NULL, says_bye);
        setcontext(&two);
        _exit(9);
    }
    waitpid(child, &status, 0);
    printf("status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

int main(void)
{
    take_turns();
    with_arguments();
    loop_by_context();
    mask_travels();
    by_two_threads();
    child_ends();
    return 0;
}
